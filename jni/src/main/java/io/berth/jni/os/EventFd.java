// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

/**
 * A counter to wake a thread of the same process. Never to be shared with another one; see {@link
 * Pipes}.
 */
public final class EventFd {
  static {
    OsLibrary.load();
  }

  private EventFd() {}

  /** A non-blocking, close-on-exec eventfd, at zero. */
  public static native int create();

  /** Adds one. 1: done; 0: the counter is at its maximum, so signalled already. */
  public static native int signal(int fd);

  /** Sets the counter to zero and returns what it was; 0 if it was zero. */
  public static native long drain(int fd);
}
