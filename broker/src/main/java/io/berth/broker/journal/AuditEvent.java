// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

/**
 * What happened. The code is what is stored and signed, so a code once given is never reused or
 * renumbered; the name may be displayed but is not stored.
 */
public enum AuditEvent {
  JOURNAL_OPENED(1),
  JOURNAL_CLOSED(2),
  /** The last record before the journal refuses: no space could be reserved. */
  JOURNAL_DEGRADED(3),
  /** Space could be reserved again; the detail says how many records were refused in between. */
  JOURNAL_RECOVERED(4),
  /** A signed checkpoint; written by the journal itself only. */
  CHECKPOINT(5),
  /** The signed anchor of a new start of the journal; written by the journal itself only. */
  PRUNED(6),

  BROKER_STARTED(16),
  BROKER_STOPPED(17),
  CONFIG_LOADED(18),
  /** The broker had no room for records; the detail says how many of which kind are missing. */
  RECORDS_LOST(19),

  SESSION_OPENED(32),
  SESSION_CLOSED(33),
  SESSION_REFUSED(34),
  HANDLE_GRANTED(35),
  HANDLE_DENIED(36),
  /** Requests were beyond a limit that is on trial (dry_run), and were admitted. */
  LIMIT_ON_TRIAL(37),

  WORKER_STARTED(48),
  WORKER_DIED(49),
  WORKER_FENCED(50),
  REQUEST_BLOCKED(51),
  KEY_USED(52),
  DEVICE_RELEASED(53),
  DEVICE_RESUMED(54),
  DEVICE_GIVEN_UP(55),
  /** A worker was told to end and did, in peace. */
  WORKER_STOPPED(56),

  ADMINISTRATION(64);

  private static final AuditEvent[] BY_CODE = new AuditEvent[65];

  static {
    for (AuditEvent event : values()) {
      BY_CODE[event.code] = event;
    }
  }

  private final int code;

  AuditEvent(int code) {
    this.code = code;
  }

  /** The stored code, 1 to 65535. */
  public int code() {
    return code;
  }

  /**
   * True for the types that only the journal itself may write, because the verifier draws
   * conclusions from them.
   */
  boolean reservedForJournal() {
    return code < 16;
  }

  /** The event with this code, or null when this version knows none. */
  static AuditEvent ofCode(int untrustedCode) {
    return untrustedCode > 0 && untrustedCode < BY_CODE.length ? BY_CODE[untrustedCode] : null;
  }
}
