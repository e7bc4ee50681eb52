// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.status;

import java.util.Locale;

/**
 * Why a request, an ask or a session ended. The string is fixed: the same in answers, logs, metrics
 * and documentation, so that it can be searched for. {@code ordinal()} is the number on the wire;
 * new reasons go to the end.
 */
public enum Reason {
  NONE(Status.OK),
  QUEUE_FULL(Status.RESOURCE_EXHAUSTED),
  PRINCIPAL_LIMIT(Status.RESOURCE_EXHAUSTED),
  REPLY_SPACE(Status.RESOURCE_EXHAUSTED),
  EXPIRED_BEFORE_DISPATCH(Status.DEADLINE_EXCEEDED),
  EXPIRED_IN_FLIGHT(Status.DEADLINE_EXCEEDED),
  CALLER_TIMED_OUT(Status.DEADLINE_EXCEEDED),
  WORKER_LOST_OUTCOME_UNKNOWN(Status.ABORTED),
  WORKER_UNAVAILABLE(Status.UNAVAILABLE),
  DEVICE_GIVEN_UP(Status.UNAVAILABLE),
  DEVICE_RELEASED(Status.UNAVAILABLE),
  REQUEST_KILLS_WORKER(Status.FAILED_PRECONDITION),
  NOT_PERMITTED(Status.PERMISSION_DENIED),
  STALE_HANDLE(Status.NOT_FOUND),
  PAYLOAD_TOO_LARGE(Status.INVALID_ARGUMENT),
  MALFORMED_FRAME(Status.INVALID_ARGUMENT),
  UNKNOWN_OPERATION(Status.UNIMPLEMENTED),
  CANCELLED(Status.CANCELLED),
  STALE_REFERENCE(Status.NOT_FOUND),
  BLOCK_PINNED(Status.FAILED_PRECONDITION),
  GOING_AWAY(Status.UNAVAILABLE),
  CONNECTION_LOST_OUTCOME_UNKNOWN(Status.ABORTED),
  CONNECTION_LOST(Status.UNAVAILABLE),
  AUDIT_UNAVAILABLE(Status.UNAVAILABLE),
  UNKNOWN_RESOURCE(Status.NOT_FOUND),
  BUDGET_EXCEEDED(Status.RESOURCE_EXHAUSTED),
  VERSION_MISMATCH(Status.FAILED_PRECONDITION),
  SESSION_LIMIT(Status.RESOURCE_EXHAUSTED),
  DUPLICATE_CORRELATION(Status.INVALID_ARGUMENT),
  DRIVER_ERROR(Status.INTERNAL),
  ALGORITHM_DISABLED(Status.FAILED_PRECONDITION),
  FORKED(Status.FAILED_PRECONDITION),
  RESPONSE_OVERRUN(Status.RESOURCE_EXHAUSTED),
  REPLY_TOO_LARGE(Status.OUT_OF_RANGE),
  BAD_POSITION(Status.INVALID_ARGUMENT),
  DUPLICATE_ATTACH(Status.ALREADY_EXISTS),
  SHUTTING_DOWN(Status.UNAVAILABLE);

  private static final Reason[] BY_CODE = values();

  private final Status usualStatus;
  private final String text;

  Reason(Status usualStatus) {
    this.usualStatus = usualStatus;
    this.text = name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public int code() {
    return ordinal();
  }

  public Status usualStatus() {
    return usualStatus;
  }

  /** The frame's status word: this reason with its usual status. */
  public int word() {
    return word(usualStatus);
  }

  /** The frame's status word: this reason with another status. */
  public int word(Status status) {
    return ordinal() << 16 | status.code();
  }

  /** The fixed string. */
  @Override
  public String toString() {
    return text;
  }

  public static Reason of(int untrustedCode) {
    return untrustedCode >= 0 && untrustedCode < BY_CODE.length ? BY_CODE[untrustedCode] : NONE;
  }

  public static Status statusOf(int untrustedWord) {
    return Status.of(untrustedWord & 0xFFFF);
  }

  public static Reason reasonOf(int untrustedWord) {
    return of(untrustedWord >>> 16);
  }
}
