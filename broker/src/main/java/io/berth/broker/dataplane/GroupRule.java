// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Affinity;
import io.berth.broker.device.Seat;
import io.berth.broker.request.RequestTable;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;

/**
 * What follows when one card of a group does not answer well: a card that has failed, or that does
 * not do an operation, does not fail the request while another one can take it.
 *
 * <p>Data thread only.
 */
final class GroupRule {
  private final RequestTable requests;
  private final Dispatcher dispatcher;
  private final Violations violations;

  GroupRule(RequestTable requests, Dispatcher dispatcher, Violations violations) {
    this.requests = requests;
    this.dispatcher = dispatcher;
    this.violations = violations;
  }

  /**
   * Notes what a request's END says of its card.
   *
   * @return whether another card gets the request, and the client does not hear of this END
   */
  boolean moves(Seat seat, int slot, int status, int deviceCode, long nowNanos) {
    int code = status & 0xFFFF;
    if (code == Status.OK.code()) {
      seat.trust();
      return false;
    }
    if (isRefusal(status)) {
      seat.lacks(dispatcher.operation(slot));
      return RepeatRule.mayAskAnother(requests, slot)
          && seat.device().hasOther(seat)
          && !hasToStay(seat, slot);
    }
    if (code != Status.UNAVAILABLE.code() || deviceCode == 0) {
      return false;
    }
    if (seat.failed(nowNanos)) {
      seat.closeWindow();
      violations.cardFailed(
          seat,
          seat.link().epoch(),
          "its card has failed "
              + Seat.FAILURES_OF_A_BROKEN_CARD
              + " times in a row, last with code 0x"
              + Integer.toHexString(deviceCode));
    }
    return seat.device().hasTrustedOther(seat, nowNanos)
        && RepeatRule.mayMove(requests, slot)
        && !hasToStay(seat, slot);
  }

  /**
   * Whether the card failed its known answers, or has no function for it: nothing has been
   * executed.
   */
  static boolean isRefusal(int status) {
    Reason reason = Reason.reasonOf(status);
    return reason == Reason.ALGORITHM_DISABLED || reason == Reason.UNKNOWN_OPERATION;
  }

  /** Whether it makes what has to be where the session's other keys are. */
  private boolean hasToStay(Seat seat, int slot) {
    Affinity affinity = requests.session(slot).affinity(seat.device());
    return affinity != null
        && affinity.seat() == seat
        && seat.leavesState(dispatcher.operation(slot))
        && affinity.isOfMore();
  }

  /**
   * The seat whose card refused or failed a request that then went to this one, which answered that
   * it does not have what was named: the other one does, so that this answer would be wrong.
   *
   * @return null: the answer stands
   */
  Seat holderInstead(Seat seat, int slot, int status) {
    if (Reason.reasonOf(status) != Reason.STALE_HANDLE || requests.moves(slot) == 0) {
      return null;
    }
    Seat holder = dispatcher.tiedSeat(seat.device(), slot);
    return holder == seat ? null : holder;
  }
}
