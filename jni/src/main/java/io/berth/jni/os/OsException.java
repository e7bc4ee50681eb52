// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.io.IOException;

/** A system call that failed: which one, on what, and with which errno. */
public final class OsException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int errno;

  /**
   * @param call the system call and what it was about, for example {@code bind(/run/berth/x.sock)}
   * @param errno positive
   */
  public OsException(String call, int errno) {
    this(call, errno, Errno.text(errno));
  }

  OsException(String call, int errno, String text) {
    super(call + ": " + Errno.name(errno) + ": " + text);
    this.call = call;
    this.errno = errno;
  }

  /** Passes a native result through, or throws it if it is a negated errno. */
  public static int check(String call, int result) throws OsException {
    if (result < 0) {
      throw new OsException(call, -result);
    }
    return result;
  }

  /** As {@link #check(String, int)}, for addresses and sizes. */
  public static long check(String call, long result) throws OsException {
    if (result < 0) {
      throw new OsException(call, (int) -result);
    }
    return result;
  }

  public String call() {
    return call;
  }

  public int errno() {
    return errno;
  }

  public String errnoName() {
    return Errno.name(errno);
  }
}
