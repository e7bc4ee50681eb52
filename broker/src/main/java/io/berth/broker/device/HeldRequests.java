// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.broker.request.RequestTable.NIL;

import io.berth.broker.request.RequestTable;

/**
 * Requests whose turn has come and that one worker of a group alone can take, which has no room for
 * them. They wait for it aside, so that it cannot hold up what other workers can do: it may hang.
 * They keep the order of their turns; between the classes it goes by urgency and age, as in {@link
 * DeviceQueue}, in whose size they count.
 *
 * <p>Data thread only. Allocates nothing.
 */
public final class HeldRequests {
  private final RequestTable requests;
  private final long ageingNanos;
  private final DeadlineOrder[] orders = new DeadlineOrder[DeviceQueue.CLASSES];
  private long lastRank;

  HeldRequests(RequestTable requests, long ageingNanos) {
    this.requests = requests;
    this.ageingNanos = ageingNanos;
    for (int priority = 0; priority < orders.length; priority++) {
      orders[priority] = new DeadlineOrder();
    }
  }

  void add(int slot, int priority) {
    orders[priority].append(requests, slot, ++lastRank);
  }

  /** False: it is not in here. */
  boolean remove(int slot) {
    for (DeadlineOrder order : orders) {
      if (order.remove(requests, slot)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The one that goes next, or {@link RequestTable#NIL}.
   *
   * @param interactive only of the class interactive
   */
  public int first(boolean interactive, long nowNanos) {
    int first = NIL;
    long bestScore = Long.MAX_VALUE;
    for (int priority = 0; priority < (interactive ? 1 : orders.length); priority++) {
      int slot = orders[priority].first(requests);
      if (slot != NIL) {
        long score = priority * ageingNanos - (nowNanos - requests.queuedNanos(slot));
        if (score < bestScore) {
          bestScore = score;
          first = slot;
        }
      }
    }
    return first;
  }
}
