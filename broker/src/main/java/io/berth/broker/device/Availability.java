// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import io.berth.shm.status.Reason;

/** What the data thread does with requests for a device; told by the supervisor. */
public enum Availability {
  /** A worker is there. */
  READY(Reason.NONE),
  /** A worker is being started or replaced: requests wait for it as long as they may. */
  COMING(Reason.NONE),
  /** An administrator has the device. */
  RELEASED(Reason.DEVICE_RELEASED),
  /** Its workers died too often, or it is stuck. */
  GIVEN_UP(Reason.DEVICE_GIVEN_UP),
  /** The broker stops. */
  STOPPING(Reason.SHUTTING_DOWN);

  private final Reason refusal;

  Availability(Reason refusal) {
    this.refusal = refusal;
  }

  public boolean admits() {
    return refusal == Reason.NONE;
  }

  /** With which reason requests are refused; NONE when they are not. */
  public Reason refusal() {
    return refusal;
  }
}
