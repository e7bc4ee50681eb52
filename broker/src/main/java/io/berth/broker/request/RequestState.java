// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.request;

/**
 * Where a request is.
 *
 * <pre>
 *   FREE ──admit──▶ QUEUED ──dispatch──▶ IN_FLIGHT ──END──▶ FREE
 *                    │  ▲                 │     │
 *                    │  └──worker lost────┘     └─expired, cancelled, client gone─▶ ABANDONED
 *                    └─expired, cancelled, client gone─▶ FREE                          │
 *   FREE ◀──────────────────────END of the worker, or worker gone──────────────────────┘
 * </pre>
 *
 * <p>ABANDONED: the client has had its END, the worker still works on it. The slot, its place in
 * the device's window and the arena blocks stay taken until the worker answers or is GONE.
 */
public enum RequestState {
  FREE,
  QUEUED,
  IN_FLIGHT,
  ABANDONED;

  boolean mayBecome(RequestState next) {
    return switch (this) {
      case FREE -> next == QUEUED;
      case QUEUED -> next == IN_FLIGHT || next == FREE;
      case IN_FLIGHT -> next != IN_FLIGHT;
      case ABANDONED -> next == FREE;
    };
  }
}
