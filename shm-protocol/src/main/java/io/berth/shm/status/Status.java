// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.status;

/** How a request ended: gRPC's codes, in gRPC's order, so that {@code ordinal()} is the code. */
public enum Status {
  OK,
  CANCELLED,
  UNKNOWN,
  INVALID_ARGUMENT,
  DEADLINE_EXCEEDED,
  NOT_FOUND,
  ALREADY_EXISTS,
  PERMISSION_DENIED,
  RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION,
  ABORTED,
  OUT_OF_RANGE,
  UNIMPLEMENTED,
  INTERNAL,
  UNAVAILABLE,
  DATA_LOSS,
  UNAUTHENTICATED;

  private static final Status[] BY_CODE = values();

  public int code() {
    return ordinal();
  }

  /** The status of a foreign word; {@link #UNKNOWN} for codes that do not exist. */
  public static Status of(int untrustedCode) {
    return untrustedCode >= 0 && untrustedCode < BY_CODE.length ? BY_CODE[untrustedCode] : UNKNOWN;
  }
}
