// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static io.berth.shm.ring.RecordDescriptor.*;

import io.berth.shm.region.Region;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Produces into the ring of one's own region.
 *
 * <p>{@link #claim} hands out space, {@link #publish} makes everything claimed so far visible with
 * one release store: a batch costs one store and, through {@link Wake}, one fence. A process that
 * dies between the two has published nothing, so there is nothing to repair.
 *
 * <p>One thread. Allocates nothing.
 */
public final class RingWriter {
  /** {@link #claim} found no room. */
  public static final int FULL = -1;

  /** The consumer's head moved backwards or past what was written. */
  public static final int VIOLATION = -2;

  private final Region own;
  private final Region peer;
  private final AtomicBuffer ring;
  private final long ringAddress;
  private final int mask;
  private final int capacity;
  private long tail;
  private long publishedTail;
  private long knownHead;

  public RingWriter(Region own, Region peer) {
    this.own = own;
    this.peer = peer;
    this.ring = own.ring();
    this.ringAddress = ring.addressOffset();
    this.capacity = ring.capacity();
    this.mask = capacity - 1;
  }

  /**
   * Reserves a record and writes its eight header bytes.
   *
   * @param length whole record, header included; at most the ring's size
   * @return index in {@link #buffer()} at which the record starts, {@link #FULL} or {@link
   *     #VIOLATION}
   */
  public int claim(int length, int type) {
    int aligned = align(length);
    int index = (int) tail & mask;
    int toEnd = capacity - index;
    int needed = aligned <= toEnd ? aligned : toEnd + aligned;
    if (tail + needed - knownHead > capacity) {
      int outcome = loadHead(needed);
      if (outcome < 0) {
        return outcome;
      }
    }
    if (aligned > toEnd) {
      putHeader(index, toEnd, PADDING_TYPE);
      tail += toEnd;
      index = 0;
    }
    putHeader(index, length, type);
    tail += aligned;
    return index;
  }

  /** The index is within the ring by the mask, so the buffer need not check it again. */
  private void putHeader(int index, int length, int type) {
    UnsafeApi.putInt(ringAddress + index + LENGTH_OFFSET, length);
    UnsafeApi.putInt(ringAddress + index + TYPE_OFFSET, type);
  }

  private int loadHead(int needed) {
    long head = peer.headAcquire();
    if (head < knownHead || head > publishedTail || (head & (ALIGNMENT - 1)) != 0) {
      return VIOLATION;
    }
    knownHead = head;
    return tail + needed - head > capacity ? FULL : 0;
  }

  /**
   * Makes claimed records visible.
   *
   * @return whether there were any
   */
  public boolean publish() {
    if (publishedTail == tail) {
      return false;
    }
    publishedTail = tail;
    own.tailRelease(tail);
    return true;
  }

  /**
   * Refreshes and returns the bytes that the consumer has not yet released, unpublished ones
   * included; negative when the consumer's head is nonsense.
   */
  public long unconsumedBytes() {
    long head = peer.headAcquire();
    if (head < knownHead || head > publishedTail || (head & (ALIGNMENT - 1)) != 0) {
      return VIOLATION;
    }
    knownHead = head;
    return tail - head;
  }

  /**
   * As {@link #unconsumedBytes} by what is known already: never too few, and it costs no look at
   * the line that the consumer writes.
   */
  public long knownUnconsumedBytes() {
    return tail - knownHead;
  }

  public AtomicBuffer buffer() {
    return ring;
  }

  public int capacity() {
    return capacity;
  }

  public long position() {
    return tail;
  }
}
