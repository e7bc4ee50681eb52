// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.broker.request.RequestTable.NIL;

import io.berth.broker.request.RequestTable;

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
 * <p>Data thread only. Allocates nothing; an offer and a poll cost a few loads each, an offer that
 * overtakes others of its own flow a walk along them.
 */
public final class DeviceQueue {
  public static final int CLASSES = 4;

  private final RequestTable requests;
  private final int limit;
  private final long ageingNanos;

  /** The flow whose turn was last, per class; null when the class is empty. */
  private final Flow[] lastTurn = new Flow[CLASSES];

  private int size;

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
    int tail = flow.tail[priority];
    // Nearly always the latest to come is the last to be due.
    boolean last = tail == NIL || requests.deadlineNanos(tail) - requests.deadlineNanos(slot) <= 0;
    insert(slot, last ? tail : lastBefore(slot, flow, priority, 0), flow, priority);
  }

  /** Puts back a request whose worker died, in front of those with the same deadline. */
  public void offerAgain(int slot, Flow flow, int priority) {
    insert(slot, lastBefore(slot, flow, priority, -1), flow, priority);
  }

  /** The last request that is due at least so many nanoseconds before {@code slot}, or NIL. */
  private int lastBefore(int slot, Flow flow, int priority, long mostNanos) {
    int before = NIL;
    int at = flow.head[priority];
    while (at != NIL && requests.deadlineNanos(at) - requests.deadlineNanos(slot) <= mostNanos) {
      before = at;
      at = requests.next(at);
    }
    return before;
  }

  private void insert(int slot, int before, Flow flow, int priority) {
    if (flow.head[priority] == NIL) {
      flow.turnSinceNanos[priority] = requests.queuedNanos(slot);
      join(flow, priority);
    }
    int after;
    if (before == NIL) {
      after = flow.head[priority];
      flow.head[priority] = slot;
    } else {
      after = requests.next(before);
      requests.next(before, slot);
    }
    requests.next(slot, after);
    if (after == NIL) {
      flow.tail[priority] = slot;
    }
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
    int first = NIL;
    long bestScore = Long.MAX_VALUE;
    for (int priority = 0; priority < CLASSES; priority++) {
      Flow last = lastTurn[priority];
      if (last != null) {
        Flow flow = last.nextInTurn[priority];
        long score = priority * ageingNanos - (nowNanos - flow.turnSinceNanos[priority]);
        // Equal scores go to the more urgent class; without a clock step all waits look alike.
        if (score < bestScore) {
          bestScore = score;
          chosen = priority;
          first = flow.head[priority];
        }
      }
    }
    return first;
  }

  /** Takes the request that {@link #peek} told; nothing may happen to the queue in between. */
  public void take() {
    Flow last = lastTurn[chosen];
    Flow flow = last.nextInTurn[chosen];
    int slot = flow.head[chosen];
    flow.head[chosen] = requests.next(slot);
    if (flow.head[chosen] == NIL) {
      flow.tail[chosen] = NIL;
      leave(flow, last, chosen);
    } else {
      lastTurn[chosen] = flow;
      long servedOrNext =
          later(requests.queuedNanos(slot), requests.queuedNanos(flow.head[chosen]));
      flow.turnSinceNanos[chosen] = later(flow.turnSinceNanos[chosen], servedOrNext);
    }
    requests.next(slot, NIL);
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
   * Takes a request out of the middle: it was cancelled, expired, or its client is gone. Costs a
   * walk along its flow.
   *
   * @return false if it is not in this queue
   */
  public boolean remove(int slot, Flow flow, int priority) {
    int before = NIL;
    int at = flow.head[priority];
    while (at != NIL && at != slot) {
      before = at;
      at = requests.next(at);
    }
    if (at == NIL) {
      return false;
    }
    int after = requests.next(slot);
    if (before == NIL) {
      flow.head[priority] = after;
    } else {
      requests.next(before, after);
    }
    if (after == NIL) {
      flow.tail[priority] = before;
    }
    if (flow.head[priority] == NIL) {
      leave(flow, previous(flow, priority), priority);
    }
    requests.next(slot, NIL);
    flow.queued--;
    size--;
    return true;
  }

  private static Flow previous(Flow flow, int priority) {
    Flow at = flow;
    while (at.nextInTurn[priority] != flow) {
      at = at.nextInTurn[priority];
    }
    return at;
  }
}
