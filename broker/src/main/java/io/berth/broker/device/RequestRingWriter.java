// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.shm.ring.RecordDescriptor.*;
import static org.agrona.concurrent.ringbuffer.RingBufferDescriptor.*;

import org.agrona.concurrent.AtomicBuffer;

/**
 * The producer of the ring to a worker: what Agrona's {@code OneToOneRingBuffer} reads, written by
 * one who trusts nothing in it.
 *
 * <p>Agrona's own producer keeps its position in the ring's trailer and looks at a record's header
 * between claim and commit; both can be written by the worker, and a wrong value there is an
 * exception in the broker's data thread, or an unaligned store, which ends the JVM on processors
 * that forbid it. Here the position is private and only the worker's head is read, once, and
 * checked.
 *
 * <p>One thread. Allocates nothing.
 */
final class RequestRingWriter {
  private final AtomicBuffer buffer;
  private final int capacity;
  private final int mask;
  private long tail;
  private long knownHead;
  private int claimedIndex;
  private int claimedLength;
  private boolean garbled;

  /**
   * @param buffer ring and trailer, all zeros
   */
  RequestRingWriter(AtomicBuffer buffer) {
    this.buffer = buffer;
    this.capacity = buffer.capacity() - TRAILER_LENGTH;
    this.mask = capacity - 1;
  }

  /**
   * Reserves a record, which stays invisible until {@link #commit}.
   *
   * @param length whole record, header included
   * @return index at which the record starts, or -1: no room, or {@link #isGarbled}
   */
  int claim(int length, int type) {
    int aligned = align(length);
    int index = (int) tail & mask;
    int toEnd = capacity - index;
    int needed = aligned <= toEnd ? aligned : toEnd + aligned;
    // The header behind the record is written too: its zero is where the consumer stops.
    if (tail + needed + HEADER_BYTES - knownHead > capacity && !hasRoom(needed + HEADER_BYTES)) {
      return -1;
    }
    if (aligned > toEnd) {
      buffer.putLong(0, 0);
      buffer.putInt(index + TYPE_OFFSET, PADDING_TYPE);
      buffer.putIntRelease(index + LENGTH_OFFSET, toEnd);
      tail += toEnd;
      index = 0;
    }
    tail += aligned;
    buffer.putLong((int) tail & mask, 0);
    buffer.putInt(index + TYPE_OFFSET, type);
    buffer.putLongRelease(capacity + TAIL_POSITION_OFFSET, tail);
    claimedIndex = index;
    claimedLength = length;
    return index;
  }

  private boolean hasRoom(int needed) {
    long head = buffer.getLongVolatile(capacity + HEAD_POSITION_OFFSET);
    if (head < knownHead || head > tail || (head & (ALIGNMENT - 1)) != 0) {
      garbled = true;
      return false;
    }
    knownHead = head;
    return tail + needed - head <= capacity;
  }

  /** Shows the claimed record to the worker. */
  void commit() {
    buffer.putIntRelease(claimedIndex + LENGTH_OFFSET, claimedLength);
  }

  /** Whether the worker's head was where no reader's can be. */
  boolean isGarbled() {
    return garbled;
  }
}
