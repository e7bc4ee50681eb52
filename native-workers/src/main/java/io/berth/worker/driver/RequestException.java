// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;

/** A request that is answered with an error. Costs no stack trace, as it is an ordinary answer. */
public final class RequestException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Status status;
  private final Reason reason;
  private final int deviceCode;

  public RequestException(Status status, Reason reason, String text) {
    this(status, reason, 0, text);
  }

  /**
   * What the device's library answered.
   *
   * @param deviceCode its own return code, 0 for none
   */
  public RequestException(Status status, Reason reason, int deviceCode, String text) {
    super(text, null, false, false);
    this.deviceCode = deviceCode;
    this.status = status;
    this.reason = reason;
  }

  /** A request that this driver cannot make sense of. */
  public static RequestException invalid(String text) {
    return new RequestException(Status.INVALID_ARGUMENT, Reason.NONE, text);
  }

  public Status status() {
    return status;
  }

  public Reason reason() {
    return reason;
  }

  /** The device library's own return code, or 0. */
  public int deviceCode() {
    return deviceCode;
  }
}
