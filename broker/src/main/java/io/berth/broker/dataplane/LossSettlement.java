// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.AnswerText;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the requests that a worker had when it was lost: each is retried once if its
 * caller, who still waits for it, and its driver allow that, and otherwise ends with "outcome
 * unknown".
 *
 * <p>Data thread only; after the last answers of the lost worker have been taken.
 */
final class LossSettlement {
  private static final Logger LOG = LoggerFactory.getLogger(LossSettlement.class);

  private final RequestTable requests;
  private final Dispatcher dispatcher;
  private final Endings endings;
  private final List<Integer> repeated = new ArrayList<>();

  LossSettlement(RequestTable requests, Dispatcher dispatcher, Endings endings) {
    this.requests = requests;
    this.dispatcher = dispatcher;
    this.endings = endings;
  }

  /**
   * Settles the requests that a worker had; its link is already detached.
   *
   * @param death how the worker ended, and so who is suspected of it
   * @return whether a request that kills workers has been blocked for it
   */
  boolean settle(Seat seat, Death death, long nowNanos) {
    int count = 0;
    for (int slot = 0, end = requests.highWater(); slot < end; slot++) {
      count += isWith(seat, slot) ? 1 : 0;
    }
    boolean blocked = false;
    for (int slot = 0, end = requests.highWater(); slot < end; slot++) {
      if (isWith(seat, slot)) {
        blocked |= settle(seat, slot, death, count == 1, nowNanos);
      }
    }
    requeue(nowNanos);
    return blocked;
  }

  private boolean settle(Seat seat, int slot, Death death, boolean alone, long nowNanos) {
    Device device = seat.device();
    int operation = dispatcher.operation(slot);
    String principal = requests.flow(slot).account().name();
    boolean guilty = alone || requests.isSuspect(slot);
    boolean blocked =
        death.isSuspicious()
            && device.killList().died(principal, operation, guilty, death, nowNanos);
    if (blocked) {
      LOG.warn(
          "device {}: operation {} of {} is blocked: the worker died of it again",
          device.name(),
          Permission.textOf(operation),
          principal);
    }
    if (requests.state(slot) == RequestState.IN_FLIGHT
        && !blocked
        && RepeatRule.mayRetry(requests, slot)) {
      repeated.add(slot);
      return false;
    }
    Reason reason = blocked ? Reason.REQUEST_KILLS_WORKER : Reason.WORKER_LOST_OUTCOME_UNKNOWN;
    endings.lost(slot, reason, endings.begin(device).append("its worker was lost"), nowNanos);
    return blocked;
  }

  /**
   * Puts back what is retried, the last first, so that in front of its flow it stands as it was
   * admitted. A session numbers its requests; that its numbers are foreign matters to itself alone.
   */
  private void requeue(long nowNanos) {
    repeated.sort(
        Comparator.comparingLong((Integer slot) -> requests.queuedNanos(slot) - nowNanos)
            .thenComparingLong(slot -> requests.session(slot).id())
            .thenComparing(requests::correlation, Long::compareUnsigned)
            .reversed());
    for (int slot : repeated) {
      dispatcher.requeue(slot, true, nowNanos);
    }
    repeated.clear();
  }

  /** Ends what waits for a device that will not come. */
  void refuseQueued(Device device, Reason reason, AnswerText text, long nowNanos) {
    for (int slot = 0, end = requests.highWater(); slot < end; slot++) {
      if (requests.state(slot) == RequestState.QUEUED && requests.device(slot) == device) {
        dispatcher.withdraw(slot);
        endings.refuseQueued(slot, reason, text, nowNanos);
      }
    }
  }

  private boolean isWith(Seat seat, int slot) {
    RequestState state = requests.state(slot);
    return (state == RequestState.IN_FLIGHT || state == RequestState.ABANDONED)
        && requests.seat(slot) == seat;
  }
}
