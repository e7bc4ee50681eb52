// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

/**
 * A device's worker, as its supervisor sees it.
 *
 * <pre>
 *   AWAITING_GUARD ──guard, no worker──▶ STARTING ──attached──▶ OPENING ──READY──▶ SERVING
 *        │  ▲                               │ ▲                   │                   │
 *        │  └──guard lost (from any)        │ └───────────┐       │ failed, timeout   │ fence, exit
 *        └──guard, worker runs──▶ STARTING  │ failed      │       ▼                   ▼
 *                                           ▼             │     FENCING ◀──────────────
 *                                       BACKING_OFF ──time┘        │ GONE
 *                                           ▲                      ├──▶ BACKING_OFF
 *                                           └──────────────────────┤
 *   AWAITING_GUARD ──guard, worker ends or is stuck──▶ FENCING
 *   STARTING, OPENING, SERVING, FENCING, BACKING_OFF, GIVEN_UP ──release──▶ RELEASING (kill)
 *   RELEASING ──GONE, unlocked──▶ RELEASED ──resume──▶ STARTING
 *   FENCING, RELEASING ──STUCK──▶ STUCK ──GONE──▶ BACKING_OFF
 *   FENCING, STUCK, BACKING_OFF ──too many deaths──▶ GIVEN_UP ──restart──▶ STARTING
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
          next == OPENING || next == FENCING || next == BACKING_OFF || next == RELEASING;
      case OPENING -> next == SERVING || next == FENCING || next == RELEASING;
      case SERVING -> next == FENCING || next == RELEASING;
      case FENCING -> next == BACKING_OFF || next == STUCK || next == GIVEN_UP || next == RELEASING;
      case STUCK -> next == BACKING_OFF || next == GIVEN_UP;
      case BACKING_OFF -> next == STARTING || next == GIVEN_UP || next == RELEASING;
      case RELEASING -> next == RELEASED || next == STUCK;
      case RELEASED -> next == STARTING;
      case GIVEN_UP -> next == STARTING || next == RELEASING;
      case STOPPING, STOPPED -> false;
    };
  }
}
