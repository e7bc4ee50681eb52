// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

/** What can be done with any file descriptor. Results are the value or the negated errno. */
public final class Descriptors {
  public static final int POLLIN = 1;
  public static final int POLLOUT = 4;
  public static final int POLLERR = 8;
  public static final int POLLHUP = 16;
  public static final int POLLNVAL = 32;

  public static final int O_NONBLOCK = 04000;

  static {
    OsLibrary.load();
  }

  private Descriptors() {}

  /** The descriptor is gone after this call whatever it returns. */
  public static native int close(int fd);

  /** A second descriptor of the same open file, close-on-exec. */
  public static native int duplicate(int fd);

  /** F_GETFL: access mode and flags of the open file description. */
  public static native int statusFlags(int fd);

  /**
   * Beware that the flag belongs to the open file description: whoever shares it with a peer can
   * have it changed by that peer.
   */
  public static native int setNonBlocking(int fd, boolean on);

  public static native int setCloseOnExec(int fd, boolean on);

  public static boolean isCloseOnExec(int fd) throws OsException {
    return OsException.check("fcntl(F_GETFD, " + fd + ")", isCloseOnExec0(fd)) != 0;
  }

  private static native int isCloseOnExec0(int fd);

  /**
   * Waits until one descriptor is ready.
   *
   * @param events {@link #POLLIN}, {@link #POLLOUT}
   * @param timeoutMillis negative: without limit
   * @return the events that happened (POLLHUP, POLLERR and POLLNVAL unasked), 0 after the time-out
   *     or an interruption
   */
  public static native int poll(int fd, int events, int timeoutMillis);
}
