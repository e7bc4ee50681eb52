// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static io.berth.shm.ring.RecordDescriptor.*;

import io.berth.shm.region.Region;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Consumes a foreign ring, believing nothing in it.
 *
 * <p>The position is private: what the peer writes into its own words cannot move it. The tail and
 * each record's eight header bytes are loaded once, checked, and only the checked copies are used;
 * bytes of a record may change while they are copied out, so whoever uses them copies first and
 * validates the copy.
 *
 * <p>One thread. Allocates nothing.
 */
public final class RingReader {
  /** {@link #next()} found no record. */
  public static final int NONE = 0;

  /** {@link #next()} found bytes that no correct producer writes; see {@link #violation()}. */
  public static final int VIOLATION = -1;

  private final Region peer;
  private final Region own;
  private final AtomicBuffer ring;
  private final long ringAddress;
  private final int mask;
  private final int capacity;
  private final int maxRecordBytes;
  private long position;
  private long knownTail;
  private long releasedPosition;
  private int recordIndex;
  private int recordType;
  private String violation;

  /**
   * @param peer the region whose ring is consumed
   * @param own the region in which this side publishes its position
   * @param maxRecordBytes longest record allowed, at most the ring's size
   */
  public RingReader(Region peer, Region own, int maxRecordBytes) {
    this.peer = peer;
    this.own = own;
    this.ring = peer.ring();
    this.ringAddress = ring.addressOffset();
    this.capacity = ring.capacity();
    this.mask = capacity - 1;
    this.maxRecordBytes = Math.min(maxRecordBytes, capacity);
  }

  /**
   * Moves to the next record.
   *
   * @return its length in bytes, header included; {@link #NONE}; or {@link #VIOLATION}
   */
  public int next() {
    if (violation != null) {
      return VIOLATION;
    }
    while (true) {
      if (position == knownTail && !loadTail()) {
        return violation == null ? NONE : VIOLATION;
      }
      int index = (int) position & mask;
      // Within the ring by the mask, so the buffer need not check it again.
      int length = UnsafeApi.getInt(ringAddress + index + LENGTH_OFFSET);
      int type = UnsafeApi.getInt(ringAddress + index + TYPE_OFFSET);
      // The largest check first keeps align() from overflowing.
      if (length < HEADER_BYTES || length > capacity) {
        return violated("record length", length);
      }
      int aligned = align(length);
      if (aligned > knownTail - position || index + aligned > capacity) {
        return violated("record end", length);
      }
      if (type == PADDING_TYPE) {
        // Not at index 0, where none is needed: a producer that publishes nothing but paddings
        // could
        // keep this loop going for as long as it guesses the position right.
        if (index == 0 || index + aligned != capacity) {
          return violated("padding length", length);
        }
        position += aligned;
        continue;
      }
      if (type <= 0 || length > maxRecordBytes) {
        return violated(type <= 0 ? "record type" : "record length", type <= 0 ? type : length);
      }
      recordIndex = index;
      recordType = type;
      position += aligned;
      return length;
    }
  }

  private boolean loadTail() {
    long tail = peer.tailAcquire();
    long ahead = tail - position;
    if (ahead < 0 || ahead > capacity || (tail & (ALIGNMENT - 1)) != 0) {
      violated("tail", tail);
      return false;
    }
    knownTail = tail;
    return ahead != 0;
  }

  private int violated(String what, long found) {
    violation = what + " " + found + " at position " + position + " of " + capacity + " ring bytes";
    return VIOLATION;
  }

  /** Whether a record may be waiting; one load of the peer's tail. For the look before sleeping. */
  public boolean hasNext() {
    return position != knownTail || peer.tailAcquire() != position;
  }

  /** Tells the producer that everything up to here may be overwritten. Once per batch is enough. */
  public void release() {
    if (releasedPosition != position) {
      releasedPosition = position;
      own.headRelease(position);
    }
  }

  public DirectBuffer buffer() {
    return ring;
  }

  /** Index in {@link #buffer()} at which the current record's header starts. */
  public int recordIndex() {
    return recordIndex;
  }

  public int recordType() {
    return recordType;
  }

  public long position() {
    return position;
  }

  /** What was wrong, or null. After a violation the reader stays where it is for good. */
  public String violation() {
    return violation;
  }
}
