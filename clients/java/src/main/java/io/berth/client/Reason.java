// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * Why a request did not succeed: finer than {@link StatusCode}, and the same strings in logs,
 * metrics and the broker's documents. The ordinal is the number on the wire.
 */
public enum Reason {
  NONE("none"),
  QUEUE_FULL("queue-full"),
  PRINCIPAL_LIMIT("principal-limit"),
  REPLY_SPACE("reply-space"),
  EXPIRED_BEFORE_DISPATCH("expired-before-dispatch"),
  EXPIRED_IN_FLIGHT("expired-in-flight"),
  CALLER_TIMED_OUT("caller-timed-out"),
  WORKER_LOST_OUTCOME_UNKNOWN("worker-lost-outcome-unknown"),
  WORKER_UNAVAILABLE("worker-unavailable"),
  DEVICE_GIVEN_UP("device-given-up"),
  DEVICE_RELEASED("device-released"),
  REQUEST_KILLS_WORKER("request-kills-worker"),
  NOT_PERMITTED("not-permitted"),
  STALE_HANDLE("stale-handle"),
  PAYLOAD_TOO_LARGE("payload-too-large"),
  MALFORMED_FRAME("malformed-frame"),
  UNKNOWN_OPERATION("unknown-operation"),
  CANCELLED("cancelled"),
  STALE_REFERENCE("stale-reference"),
  BLOCK_PINNED("block-pinned"),
  GOING_AWAY("going-away"),
  CONNECTION_LOST_OUTCOME_UNKNOWN("connection-lost-outcome-unknown"),
  CONNECTION_LOST("connection-lost"),
  AUDIT_UNAVAILABLE("audit-unavailable"),
  UNKNOWN_RESOURCE("unknown-resource"),
  BUDGET_EXCEEDED("budget-exceeded"),
  VERSION_MISMATCH("version-mismatch"),
  SESSION_LIMIT("session-limit"),
  DUPLICATE_CORRELATION("duplicate-correlation"),
  DRIVER_ERROR("driver-error"),
  ALGORITHM_DISABLED("algorithm-disabled"),
  FORKED("forked"),
  RESPONSE_OVERRUN("response-overrun"),
  REPLY_TOO_LARGE("reply-too-large"),
  BAD_POSITION("bad-position"),
  DUPLICATE_ATTACH("duplicate-attach"),
  SHUTTING_DOWN("shutting-down"),
  /** A number that this version of the client does not know. */
  UNRECOGNISED("unrecognised");

  private static final Reason[] BY_NUMBER = values();

  private final String text;

  Reason(String text) {
    this.text = text;
  }

  /** The reason of that number; one of a newer broker is {@link #UNRECOGNISED}. */
  @SuppressWarnings("EnumOrdinal")
  public static Reason of(int number) {
    return number >= 0 && number < UNRECOGNISED.ordinal() ? BY_NUMBER[number] : UNRECOGNISED;
  }

  /** The number on the wire. */
  @SuppressWarnings("EnumOrdinal") // declared in the order of the protocol's table
  public int number() {
    return ordinal();
  }

  /** The fixed string, such as {@code "queue-full"}. */
  @Override
  public String toString() {
    return text;
  }
}
