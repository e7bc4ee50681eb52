// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Slots and reply space of one connection.
 *
 * <p>Submitters take under the submission lock; the leader gives back, without a lock: both sides
 * count up, and the difference is what is in use.
 */
final class InFlight {
  private final Slot[] slots;
  private final int[] free;
  private final long replyBudgetBytes;
  private final AtomicLong returnedSlots;
  private final AtomicLong returnedBytes = new AtomicLong();
  private long takenSlots;
  private long takenBytes;
  private int lastTakenBytes;
  private long sequence;

  InFlight(int maxInFlight, long replyBudgetBytes) {
    this.slots = new Slot[maxInFlight];
    this.free = new int[maxInFlight];
    this.replyBudgetBytes = replyBudgetBytes;
    for (int i = 0; i < maxInFlight; i++) {
      slots[i] = new Slot(i);
      free[i] = i;
    }
    this.returnedSlots = new AtomicLong(maxInFlight);
  }

  /** Under the submission lock: a slot with space reserved, or null. It counts as taken at once. */
  Slot take(int reserveBytes) {
    if (takenSlots == returnedSlots.get() || !reserve(reserveBytes)) {
      return null;
    }
    Slot slot = slots[free[(int) (takenSlots % free.length)]];
    takenSlots++;
    slot.nextPart = 0;
    lastTakenBytes = reserveBytes;
    return slot;
  }

  /** Under the submission lock: undoes the last {@link #take}, which was not published. */
  void undoTake(Slot slot) {
    takenSlots--;
    takenBytes -= lastTakenBytes;
    slot.call = null;
    slot.input = null;
    slot.output = null;
  }

  /** Under the submission lock: more reply space for a stream. */
  boolean reserve(int bytes) {
    if (takenBytes - returnedBytes.get() + bytes > replyBudgetBytes) {
      return false;
    }
    takenBytes += bytes;
    return true;
  }

  long nextCorrelation(Slot slot) {
    sequence++;
    return sequence << 16 | slot.index;
  }

  /** By the leader: the slot that waits for this answer, or null. */
  Slot waitingFor(long correlation) {
    int index = (int) (correlation & 0xFFFF);
    if (index >= slots.length) {
      return null;
    }
    Slot slot = slots[index];
    return correlation != 0 && slot.correlation == correlation ? slot : null;
  }

  /** By the leader, after the ring's space went back to the broker. */
  void giveBack(Slot slot) {
    slot.correlation = 0;
    slot.call = null;
    slot.input = null;
    slot.output = null;
    long returned = returnedSlots.get();
    free[(int) (returned % free.length)] = slot.index;
    giveBackSpace(slot.endReservation());
    returnedSlots.lazySet(returned + 1);
  }

  void giveBackSpace(int bytes) {
    returnedBytes.lazySet(returnedBytes.get() + bytes);
  }

  /** Under the submission lock. */
  int occupied() {
    return (int) (takenSlots - (returnedSlots.get() - slots.length));
  }

  int capacity() {
    return slots.length;
  }

  long replyBudgetBytes() {
    return replyBudgetBytes;
  }

  Slot[] all() {
    return slots;
  }
}
