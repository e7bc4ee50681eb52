// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.broker.request.RequestTable.NIL;

import io.berth.broker.request.RequestTable;
import java.util.ArrayList;
import java.util.List;

/**
 * What waits for one device.
 *
 * <p>Four priority classes. A class is served before a less urgent one unless that one's turn has
 * waited longer by the ageing time per class: bulk work is delayed, never starved. Inside a class
 * the principals' {@link Flow}s take turns, one request each; inside a flow the earliest deadline
 * goes first, and of equal ones the one that came first.
 *
 * <p>A turn has waited since its flow's first request came. Who is overtaken by an earlier deadline
 * takes on the age of the one that overtook it: otherwise a single request that waits for long
 * would lend its age to any number of new ones, and lift them above more urgent classes.
 *
 * <p>A principal that has as many requests here as there are free places gets no further one: one
 * alone can fill half of the queue, two a third each, and whoever comes next still finds room.
 *
 * <p>Data thread only. Allocates nothing; an offer and a poll cost a few loads each, one that
 * overtakes others of its own flow the logarithm of their number.
 */
public final class DeviceQueue {
  public static final int CLASSES = 4;

  private final RequestTable requests;
  private final int limit;
  private final long ageingNanos;
  private final List<HeldRequests> asides = new ArrayList<>();

  /** The flow whose turn was last, per class; null when the class is empty. */
  private final Flow[] lastTurn = new Flow[CLASSES];

  private int size;
  private long lastRank;
  private long firstRank;

  /** The class in which {@link #peek} found the request whose turn it is. */
  private int chosen;

  public DeviceQueue(RequestTable requests, int limit, long ageingNanos) {
    this.requests = requests;
    this.limit = limit;
    this.ageingNanos = ageingNanos;
  }

  public boolean isFull() {
    return size >= limit;
  }

  /** Whether one more request of the flow may wait. */
  public boolean hasRoomFor(Flow flow) {
    return flow.queued < limit - size;
  }

  public int size() {
    return size;
  }

  public int limit() {
    return limit;
  }

  /** Appends; the caller has asked {@link #hasRoomFor}. */
  public void offer(int slot, Flow flow, int priority) {
    insert(slot, ++lastRank, flow, priority);
  }

  /** Puts back a request whose worker died, in front of those with the same deadline. */
  public void offerAgain(int slot, Flow flow, int priority) {
    insert(slot, --firstRank, flow, priority);
  }

  private void insert(int slot, long rank, Flow flow, int priority) {
    DeadlineOrder order = flow.orders[priority];
    if (order.isEmpty()) {
      flow.turnSinceNanos[priority] = requests.queuedNanos(slot);
      join(flow, priority);
    }
    order.add(requests, slot, rank);
    flow.queued++;
    size++;
  }

  private void join(Flow flow, int priority) {
    Flow last = lastTurn[priority];
    if (last == null) {
      flow.nextInTurn[priority] = flow;
      lastTurn[priority] = flow;
    } else {
      // Behind the flow whose turn was last means: at the end of the round.
      flow.nextInTurn[priority] = last.nextInTurn[priority];
      last.nextInTurn[priority] = flow;
      lastTurn[priority] = flow;
    }
  }

  /** The request whose turn it is, or {@link RequestTable#NIL}; it keeps its turn. */
  public int peek(long nowNanos) {
    return peek(nowNanos, CLASSES);
  }

  /**
   * As {@link #peek}, of the class interactive alone: what is in another one stays in it for this,
   * however long it has waited.
   */
  public int peekInteractive(long nowNanos) {
    return peek(nowNanos, 1);
  }

  private int peek(long nowNanos, int classes) {
    int first = NIL;
    long bestScore = Long.MAX_VALUE;
    for (int priority = 0; priority < classes; priority++) {
      Flow last = lastTurn[priority];
      if (last != null) {
        Flow flow = last.nextInTurn[priority];
        long score = priority * ageingNanos - (nowNanos - flow.turnSinceNanos[priority]);
        // Equal scores go to the more urgent class; without a clock step all waits look alike.
        if (score < bestScore) {
          bestScore = score;
          chosen = priority;
          first = flow.orders[priority].first(requests);
        }
      }
    }
    return first;
  }

  /** Takes the request that was told last; nothing may happen to the queue in between. */
  public void take() {
    Flow flow = lastTurn[chosen].nextInTurn[chosen];
    takeTurn();
    flow.queued--;
    size--;
  }

  /** The request that was told last has had its turn. */
  private int takeTurn() {
    Flow last = lastTurn[chosen];
    Flow flow = last.nextInTurn[chosen];
    DeadlineOrder order = flow.orders[chosen];
    int slot = order.first(requests);
    order.remove(requests, slot);
    if (order.isEmpty()) {
      leave(flow, last, chosen);
    } else {
      lastTurn[chosen] = flow;
      long servedOrNext =
          later(requests.queuedNanos(slot), requests.queuedNanos(order.first(requests)));
      flow.turnSinceNanos[chosen] = later(flow.turnSinceNanos[chosen], servedOrNext);
    }
    return slot;
  }

  /** A place for requests that wait for one worker alone. */
  HeldRequests aside() {
    HeldRequests place = new HeldRequests(requests, ageingNanos);
    asides.add(place);
    return place;
  }

  /** Has the request that was told last wait aside for its worker; it counts as queued. */
  public void hold(HeldRequests aside) {
    int priority = chosen;
    aside.add(takeTurn(), priority);
  }

  /** Takes a request that waits aside. */
  public void takeHeld(HeldRequests aside, int slot, Flow flow) {
    aside.remove(slot);
    flow.queued--;
    size--;
  }

  private static long later(long aNanos, long bNanos) {
    return aNanos - bNanos > 0 ? aNanos : bNanos;
  }

  private void leave(Flow flow, Flow before, int priority) {
    if (flow.nextInTurn[priority] == flow) {
      lastTurn[priority] = null;
    } else {
      before.nextInTurn[priority] = flow.nextInTurn[priority];
      if (lastTurn[priority] == flow) {
        lastTurn[priority] = before;
      }
    }
    flow.nextInTurn[priority] = null;
  }

  /**
   * Takes a request out of the middle: it was cancelled, expired, or its client is gone.
   *
   * @return false if it is not in this queue
   */
  public boolean remove(int slot, Flow flow, int priority) {
    if (!flow.orders[priority].remove(requests, slot)) {
      return removeHeld(slot, flow);
    }
    if (flow.orders[priority].isEmpty()) {
      leave(flow, previous(flow, priority), priority);
    }
    flow.queued--;
    size--;
    return true;
  }

  private boolean removeHeld(int slot, Flow flow) {
    for (int i = 0; i < asides.size(); i++) {
      if (asides.get(i).remove(slot)) {
        flow.queued--;
        size--;
        return true;
      }
    }
    return false;
  }

  private static Flow previous(Flow flow, int priority) {
    Flow at = flow;
    while (at.nextInTurn[priority] != flow) {
      at = at.nextInTurn[priority];
    }
    return at;
  }
}
