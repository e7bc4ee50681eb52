// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import java.io.IOException;

/** A system call failed; the message names the call, its object and the kernel's reason. */
public final class SystemCallException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  SystemCallException(String what) {
    this(what, LibC.lastError(), LibC.lastErrorText());
  }

  private SystemCallException(String what, int errno, String reason) {
    super(what + ": " + reason);
    this.errno = errno;
  }

  /** As if the kernel had said EBADF. */
  static SystemCallException closed(String what) {
    return new SystemCallException(what, LibC.EBADF, "closed by this process");
  }

  /** The kernel's error number. */
  public int errno() {
    return errno;
  }
}
