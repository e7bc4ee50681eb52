// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.FLAG_IDEMPOTENT;

import io.berth.broker.request.RequestTable;

/**
 * Which requests may be given to a second worker: its caller, who still waits for it, and its
 * driver must allow that.
 *
 * <p>Data thread only.
 */
final class RepeatRule {
  private static final int MOST_LOSSES = 2;
  private static final int MOST_MOVES = 2;

  private RepeatRule() {}

  /** Of a request whose worker was lost. */
  static boolean mayRetry(RequestTable requests, int slot) {
    return mayRepeat(requests, slot)
        && requests.attempts(slot) - requests.moves(slot) < MOST_LOSSES
        && requests.device(slot).availability().admits();
  }

  /** Of a request whose card has answered that it has failed, if another one is there. */
  static boolean mayMove(RequestTable requests, int slot) {
    return mayRepeat(requests, slot) && requests.moves(slot) < MOST_MOVES;
  }

  /**
   * Of a request that a card has refused, and so not executed: whether another one may be asked,
   * whatever the operation's class.
   */
  static boolean mayAskAnother(RequestTable requests, int slot) {
    return requests.parts(slot) == 0
        && !requests.isCancelled(slot)
        && requests.moves(slot) < requests.device(slot).seatCount() - 1;
  }

  private static boolean mayRepeat(RequestTable requests, int slot) {
    return (requests.frame(slot).flags() & FLAG_IDEMPOTENT) != 0
        && requests.seat(slot).mayRepeat(requests.frame(slot).operation())
        && requests.parts(slot) == 0
        && !requests.isCancelled(slot);
  }
}
