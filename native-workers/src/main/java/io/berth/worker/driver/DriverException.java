// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

/** A device that cannot be opened. The message names the thing and the remedy. */
public final class DriverException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean permanent;

  private DriverException(boolean permanent, String message, Throwable cause) {
    super(message, cause);
    this.permanent = permanent;
  }

  /** Trying again does not help until somebody changes something. */
  public static DriverException permanent(String message) {
    return new DriverException(true, message, null);
  }

  public static DriverException permanent(String message, Throwable cause) {
    return new DriverException(true, message, cause);
  }

  /** It may work next time: the supervisor tries again, later and later. */
  public static DriverException transientFailure(String message) {
    return new DriverException(false, message, null);
  }

  public boolean isPermanent() {
    return permanent;
  }
}
