// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

/**
 * Doorbells: one-page, non-blocking pipes of which each side holds only its own end.
 *
 * <p>Not an eventfd between processes: O_NONBLOCK sits on the open file description, which both
 * sides of an eventfd share, so that a peer could clear it and block the other side for ever. The
 * two ends of a pipe are two descriptions.
 *
 * <p>Neither call blocks or allocates. A JVM ignores SIGPIPE, therefore a ring without a listener
 * is a plain -EPIPE.
 */
public final class Pipes {
  /** What {@link #drain} returns once the writing end is closed and everything is read. */
  public static final int END_OF_FILE = -Errno.EPIPE;

  static {
    OsLibrary.load();
  }

  private Pipes() {}

  /** Makes a pipe: the reading end in element 0, the writing end in element 1. */
  public static native int create(int[] readAndWriteEnd);

  /** How many bytes the pipe holds: one page where the kernel let itself be asked. */
  public static native int capacity(int fd);

  /** 1: rung now; 0: full, so rung already; -EPIPE: nobody can hear it any more. */
  public static native int ring(int writeEnd);

  /**
   * Takes the tokens out, a bounded number per call.
   *
   * @return how many; 0 if there were none; {@link #END_OF_FILE}
   */
  public static native int drain(int readEnd);
}
