// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

/**
 * A device's worker, as its supervisor sees it.
 *
 * <pre>
 *   AWAITING_GUARD ──guard, no worker──▶ STARTING ──attached──▶ OPENING ──READY──▶ SERVING
 *        │  ▲                            │ ▲ ▲  │                 │                   │
 *        │  └──guard lost                │ │ │  │ not started,    │ failed, timeout   │ fence, exit
 *        │     (but see below)           │ │ │  │ timeout, exit   ▼                   ▼
 *        └──guard, worker runs──▶ STARTING │ │  └──────────▶ FENCING ◀────────────────
 *                                          │ │                 │ GONE
 *               AWAITING_LOCK ◀─lock busy──┘ └──time── BACKING_OFF ◀── (also from STARTING)
 *                     └──────────time──▶ STARTING
 *   AWAITING_GUARD ──guard, worker ends or is stuck──▶ FENCING
 *   STARTING, OPENING, SERVING, FENCING, BACKING_OFF, AWAITING_LOCK, GIVEN_UP
 *                     ──release──▶ RELEASING (asked to end, killed after the grace)
 *   RELEASING ──GONE, unlocked──▶ RELEASED ──resume──▶ STARTING
 *   FENCING, RELEASING ──STUCK──▶ STUCK ──GONE──▶ BACKING_OFF
 *   STARTING, FENCING, STUCK ──too many deaths, or for good──▶ GIVEN_UP ──restart──▶ STARTING
 *   RELEASED, GIVEN_UP ──guard lost──▶ as they are: nobody has asked for a worker
 *   any ──stop──▶ STOPPING ──guard gone──▶ STOPPED
 *   any ──a successor takes over──▶ STOPPED
 * </pre>
 */
public enum WorkerState {
  AWAITING_GUARD,
  STARTING,
  OPENING,
  SERVING,
  FENCING,
  STUCK,
  BACKING_OFF,
  /** Another process holds the device's lock; it is asked for again and again. */
  AWAITING_LOCK,
  RELEASING,
  RELEASED,
  GIVEN_UP,
  STOPPING,
  STOPPED;

  boolean mayBecome(WorkerState next) {
    if (next == STOPPING || next == AWAITING_GUARD) {
      return this != STOPPED && !(this == STOPPING && next == AWAITING_GUARD);
    }
    if (next == STOPPED) {
      return this != STOPPED;
    }
    return switch (this) {
      case AWAITING_GUARD -> next == STARTING || next == FENCING;
      case STARTING ->
          next == OPENING
              || next == FENCING
              || next == BACKING_OFF
              || next == AWAITING_LOCK
              || next == GIVEN_UP
              || next == RELEASING;
      case OPENING -> next == SERVING || next == FENCING || next == RELEASING;
      case SERVING -> next == FENCING || next == RELEASING;
      case FENCING -> next == BACKING_OFF || next == STUCK || next == GIVEN_UP || next == RELEASING;
      case STUCK -> next == BACKING_OFF || next == GIVEN_UP;
      case BACKING_OFF, AWAITING_LOCK -> next == STARTING || next == RELEASING;
      case RELEASING -> next == RELEASED || next == STUCK;
      case RELEASED -> next == STARTING;
      case GIVEN_UP -> next == STARTING || next == RELEASING;
      case STOPPING, STOPPED -> false;
    };
  }

  /** Whether a worker is on its way, or there. */
  boolean wantsWorker() {
    return switch (this) {
      case RELEASING, RELEASED, GIVEN_UP, STOPPING, STOPPED -> false;
      default -> true;
    };
  }
}
