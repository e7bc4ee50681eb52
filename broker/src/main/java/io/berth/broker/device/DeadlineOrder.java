// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.broker.request.RequestTable.NIL;

import io.berth.broker.request.RequestTable;

/**
 * The requests of one {@link Flow} in one class: the earliest deadline first, of equal ones the one
 * that came first.
 *
 * <p>Nearly all requests come in the order of their deadlines and stand in a list. One that is due
 * between the list's first and its last goes into a pairing heap beside it, so that clients with
 * different time-outs, or clocks read a little apart, cost the logarithm of what waits and never a
 * walk along it. What is due first is the earlier of the two's firsts.
 *
 * <p>The links are in the {@link RequestTable}: nothing is allocated. Data thread only.
 */
public final class DeadlineOrder {
  /** In place of a first child: the request stands in the list. */
  private static final int IN_LIST = -2;

  private int head = NIL;
  private int tail = NIL;
  private int root = NIL;

  boolean isEmpty() {
    return head == NIL && root == NIL;
  }

  /** The request that is due first, or NIL. */
  int first(RequestTable requests) {
    if (root == NIL) {
      return head;
    }
    return head == NIL || isBefore(requests, root, head) ? root : head;
  }

  /**
   * Adds a request.
   *
   * @param rank of requests with equal deadlines the lower one goes first
   */
  void add(RequestTable requests, int slot, long rank) {
    requests.queue(slot, this, rank);
    if (tail == NIL || !isBefore(requests, slot, tail)) {
      link(requests, tail, slot);
      link(requests, slot, NIL);
      requests.firstChild(slot, IN_LIST);
    } else if (isBefore(requests, slot, head)) {
      link(requests, slot, head);
      link(requests, NIL, slot);
      requests.firstChild(slot, IN_LIST);
    } else {
      requests.firstChild(slot, NIL);
      root = meld(requests, root, slot);
    }
  }

  /** Adds a request behind all others, whatever its deadline; not to be mixed with {@link #add}. */
  void append(RequestTable requests, int slot, long rank) {
    requests.queue(slot, this, rank);
    link(requests, tail, slot);
    link(requests, slot, NIL);
    requests.firstChild(slot, IN_LIST);
  }

  /** Removes a request wherever it stands. False: it is not in here. */
  boolean remove(RequestTable requests, int slot) {
    if (requests.queuedIn(slot) != this) {
      return false;
    }
    if (requests.firstChild(slot) == IN_LIST) {
      link(requests, requests.previous(slot), requests.next(slot));
    } else {
      int children = pairUp(requests, requests.firstChild(slot));
      if (slot == root) {
        root = children;
      } else {
        cut(requests, slot);
        root = meld(requests, root, children);
      }
    }
    requests.queue(slot, null, 0);
    requests.next(slot, NIL);
    return true;
  }

  private static boolean isBefore(RequestTable requests, int slot, int other) {
    long earlierNanos = requests.deadlineNanos(slot) - requests.deadlineNanos(other);
    return earlierNanos < 0 || (earlierNanos == 0 && requests.rank(slot) < requests.rank(other));
  }

  /** Makes two requests neighbours in the list; NIL stands for its ends. */
  private void link(RequestTable requests, int before, int after) {
    if (before == NIL) {
      head = after;
    } else {
      requests.next(before, after);
    }
    if (after == NIL) {
      tail = before;
    } else {
      requests.previous(after, before);
    }
  }

  // The heap. A request's children are a list by next(); previous() leads back, from the first of
  // them to the parent.

  /** One heap of two; either may be NIL. */
  private static int meld(RequestTable requests, int a, int b) {
    if (a == NIL || b == NIL) {
      return a == NIL ? b : a;
    }
    int parent = isBefore(requests, b, a) ? b : a;
    int child = parent == a ? b : a;
    int second = requests.firstChild(parent);
    requests.next(child, second);
    if (second != NIL) {
      requests.previous(second, child);
    }
    requests.previous(child, parent);
    requests.firstChild(parent, child);
    requests.next(parent, NIL);
    requests.previous(parent, NIL);
    return parent;
  }

  /** Takes a request, with all below it, away from its parent. */
  private static void cut(RequestTable requests, int slot) {
    int before = requests.previous(slot);
    int after = requests.next(slot);
    if (requests.firstChild(before) == slot) {
      requests.firstChild(before, after);
    } else {
      requests.next(before, after);
    }
    if (after != NIL) {
      requests.previous(after, before);
    }
  }

  /** One heap of a list of them: two and two from the left, then all from the right. */
  private static int pairUp(RequestTable requests, int first) {
    int pairs = NIL;
    int at = first;
    while (at != NIL) {
      int second = requests.next(at);
      int rest = second == NIL ? NIL : requests.next(second);
      int pair = meld(requests, at, second);
      // A stack by previous(), as next() of a heap alone is NIL.
      requests.previous(pair, pairs);
      pairs = pair;
      at = rest;
    }
    int heap = NIL;
    while (pairs != NIL) {
      int below = requests.previous(pairs);
      heap = meld(requests, heap, pairs);
      pairs = below;
    }
    if (heap != NIL) {
      requests.next(heap, NIL);
      requests.previous(heap, NIL);
    }
    return heap;
  }
}
