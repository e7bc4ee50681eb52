// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.TYPE_CANCEL;
import static io.berth.shm.frame.FrameDescriptor.TYPE_CREDIT;

import io.berth.broker.device.WorkerLink;
import io.berth.broker.request.RequestTable;

/**
 * What workers are still to be told of requests that they have: a CREDIT or CANCEL that found their
 * ring full. A stream whose credit were dropped would stand still until its deadline.
 *
 * <p>Per slot the sum of credit and whether it is cancelled, so that however much a client sends
 * nothing is lost and nothing grows. What is noted counts for one worker only: the next one learns
 * of the credit from the request itself.
 *
 * <p>Data thread only. Allocates nothing.
 */
final class Untold {
  private final RequestTable requests;
  private final int[] slots;
  private final boolean[] listed;
  private final long[] workerCorrelation;
  private final WorkerLink[] links;
  private final int[] credit;
  private final boolean[] cancelled;
  private int count;

  Untold(RequestTable requests) {
    this.requests = requests;
    this.slots = new int[requests.capacity()];
    this.listed = new boolean[requests.capacity()];
    this.workerCorrelation = new long[requests.capacity()];
    this.links = new WorkerLink[requests.capacity()];
    this.credit = new int[requests.capacity()];
    this.cancelled = new boolean[requests.capacity()];
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Notes what the worker behind this link could not be told. */
  void add(int slot, WorkerLink link, int type, int parts) {
    if (!listed[slot]) {
      listed[slot] = true;
      slots[count++] = slot;
      begin(slot, link);
    } else if (!isMeant(slot, link)) {
      begin(slot, link);
    }
    if (type == TYPE_CANCEL) {
      cancelled[slot] = true;
    } else {
      credit[slot] += parts;
    }
  }

  private void begin(int slot, WorkerLink link) {
    workerCorrelation[slot] = requests.workerCorrelation(slot);
    links[slot] = link;
    credit[slot] = 0;
    cancelled[slot] = false;
  }

  /** Whether what is noted is about the request that is in the slot now, and for this worker. */
  private boolean isMeant(int slot, WorkerLink link) {
    return link != null && links[slot] == link && requests.slotOf(workerCorrelation[slot]) != NIL;
  }

  /** Tells what there is room for now. */
  void tell() {
    int left = 0;
    for (int i = 0, end = count; i < end; i++) {
      int slot = slots[i];
      if (tell(slot)) {
        listed[slot] = false;
        links[slot] = null;
      } else {
        slots[left++] = slot;
      }
    }
    count = left;
  }

  /** True: nothing is left to be said of this slot. */
  private boolean tell(int slot) {
    if (requests.slotOf(workerCorrelation[slot]) == NIL) {
      return true;
    }
    WorkerLink link = requests.seat(slot).link();
    if (!isMeant(slot, link)) {
      return true;
    }
    if (credit[slot] > 0 && !link.tell(TYPE_CREDIT, workerCorrelation[slot], credit[slot])) {
      return false;
    }
    credit[slot] = 0;
    return !cancelled[slot] || link.tell(TYPE_CANCEL, workerCorrelation[slot], 0);
  }

  /** Keeps further requests from those who wait for room in their rings to be told something. */
  void keepRoom() {
    for (int i = 0; i < count; i++) {
      if (requests.slotOf(workerCorrelation[slots[i]]) != NIL) {
        requests.seat(slots[i]).hasNoRoom();
      }
    }
  }
}
