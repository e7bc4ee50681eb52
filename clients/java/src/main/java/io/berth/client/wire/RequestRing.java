// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

import io.berth.client.memory.SharedWords;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Producer's side of the ring to the broker.
 *
 * <p>Used by one thread at a time (under the connection's submission lock). Records are staged
 * first and published together: one store of the tail, one fence and at most one doorbell for a
 * whole batch.
 */
public final class RequestRing {
  private final SharedWords own;
  private final SharedWords brokers;
  private final ByteBuffer memory;
  private final int ringOffset;
  private final int capacity;
  private final Doorbell doorbell;

  private long published;
  private long staged;
  private long knownHead;
  private long lastRung;

  /**
   * An empty ring.
   *
   * @param region the client's region, writable
   */
  public RequestRing(
      ByteBuffer region,
      int ringOffset,
      int ringBytes,
      SharedWords own,
      SharedWords brokers,
      Doorbell doorbell) {
    this.memory = region.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.ringOffset = ringOffset;
    this.capacity = ringBytes;
    this.own = own;
    this.brokers = brokers;
    this.doorbell = doorbell;
  }

  /**
   * Makes room for a record and writes its header.
   *
   * @param length whole record, without alignment
   * @return where the record starts in {@link #memory()}; -1 if there is no room now
   * @throws ProtocolViolation if the broker's head is impossible
   */
  public int claim(int length, int type) {
    int needed = FrameLayout.align8(length);
    int index = (int) staged & (capacity - 1);
    int toEnd = capacity - index;
    int padding = needed > toEnd ? toEnd : 0;
    if (staged + padding + needed - knownHead > capacity) {
      knownHead = head();
      if (staged + padding + needed - knownHead > capacity) {
        return -1;
      }
    }
    if (padding != 0) {
      memory.putInt(ringOffset + index, padding);
      memory.putInt(ringOffset + index + FrameLayout.TYPE, FrameLayout.PADDING);
      staged += padding;
      index = 0;
    }
    memory.putInt(ringOffset + index, length);
    memory.putInt(ringOffset + index + FrameLayout.TYPE, type);
    staged += needed;
    return ringOffset + index;
  }

  /** The region, little-endian. Its position and limit are scratch. */
  public ByteBuffer memory() {
    return memory;
  }

  /** Copies bytes into a claimed record. */
  public void put(int at, byte[] source, int offset, int count) {
    ((Buffer) memory).clear().position(at);
    memory.put(source, offset, count);
  }

  /**
   * Copies the buffer's remaining bytes into a claimed record; the buffer's position stays where it
   * is.
   */
  public void put(int at, ByteBuffer source) {
    int position = source.position();
    ((Buffer) memory).clear().position(at);
    memory.put(source);
    ((Buffer) source).position(position);
  }

  /** Position behind the last staged record. */
  public long stagedPosition() {
    return staged;
  }

  /**
   * Makes everything staged visible and wakes the broker if it sleeps.
   *
   * @return false if the broker's end of the doorbell is gone
   */
  public boolean publish() {
    if (staged == published) {
      return true;
    }
    published = staged;
    own.setRelease(RegionLayout.TAIL, published);
    // Without this fence the load of the sleep word may be satisfied before the tail leaves the
    // store buffer: the
    // broker then sees no record, sleeps, and we saw it awake.
    own.fullFence();
    long sleep = brokers.getOpaque(RegionLayout.SLEEP);
    if ((sleep & 1) == 0 || sleep == lastRung) {
      return true;
    }
    lastRung = sleep;
    if (doorbell.ring()) {
      return true;
    }
    lastRung = 0;
    return false;
  }

  /**
   * How far the broker has consumed.
   *
   * @throws ProtocolViolation if that is behind what it said before or ahead of what was published
   */
  public long head() {
    long head = brokers.getAcquire(RegionLayout.HEAD);
    if (head < knownHead || head > published || (head & 7) != 0) {
      throw new ProtocolViolation(
          "request ring: expected the broker's head between "
              + knownHead
              + " and "
              + published
              + ", found "
              + head);
    }
    return head;
  }
}
