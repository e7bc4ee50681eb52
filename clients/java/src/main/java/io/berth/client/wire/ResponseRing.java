// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

import io.berth.client.memory.SharedWords;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Consumer's side of the ring from the broker: finds, checks and decodes one RESPONSE after the
 * other.
 *
 * <p>Used by one thread at a time (the leader). Every field is copied out of the shared memory once
 * and checked afterwards: that memory may change at any moment.
 */
public final class ResponseRing {
  private final SharedWords own;
  private final SharedWords brokers;
  private final ByteBuffer memory;
  private final int ringOffset;
  private final int capacity;
  private final int maxPayloadBytes;

  private long position;
  private long knownTail;
  private int recordBytes;

  private int payloadAt;
  private int payloadBytes;
  private long correlation;
  private int flags;
  private int status;
  private int deviceCode;
  private int part;
  private int blocksAt;

  /**
   * An empty ring.
   *
   * @param region the broker's region, read-only
   */
  public ResponseRing(
      ByteBuffer region,
      int ringOffset,
      int ringBytes,
      SharedWords own,
      SharedWords brokers,
      int maxPayloadBytes) {
    this.memory = region.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.ringOffset = ringOffset;
    this.capacity = ringBytes;
    this.own = own;
    this.brokers = brokers;
    this.maxPayloadBytes = maxPayloadBytes;
  }

  /** Whether nothing is there; looks at the broker's tail. */
  public boolean isEmpty() {
    return position == knownTail && position == tail();
  }

  /**
   * Moves to the next response; its fields stay valid until {@link #consumed()}.
   *
   * @return false if there is none
   * @throws ProtocolViolation if the broker wrote nonsense
   */
  public boolean next() {
    for (; ; ) {
      if (position == knownTail) {
        knownTail = tail();
        if (position == knownTail) {
          return false;
        }
      }
      int index = (int) position & (capacity - 1);
      int at = ringOffset + index;
      int length = memory.getInt(at);
      int type = memory.getInt(at + FrameLayout.TYPE);
      int available = (int) Math.min(knownTail - position, capacity - index);
      if (length < FrameLayout.RECORD_HEADER_BYTES
          || length > available
          || FrameLayout.align8(length) > available) {
        throw new ProtocolViolation(
            "response ring: record of "
                + length
                + " bytes at "
                + position
                + ", expected 8 to "
                + available);
      }
      recordBytes = FrameLayout.align8(length);
      if (type == FrameLayout.PADDING) {
        if (length != capacity - index) {
          throw new ProtocolViolation(
              "response ring: padding of "
                  + length
                  + " bytes at "
                  + position
                  + ", expected "
                  + (capacity - index));
        }
        consumed();
        continue;
      }
      decode(at, length, type);
      return true;
    }
  }

  private void decode(int at, int length, int type) {
    if (type != FrameLayout.RESPONSE || length < FrameLayout.HEADER_BYTES) {
      throw new ProtocolViolation(
          "response ring: frame of type "
              + type
              + " and "
              + length
              + " bytes at "
              + position
              + ", expected a RESPONSE of at least "
              + FrameLayout.HEADER_BYTES);
    }
    correlation = memory.getLong(at + FrameLayout.CORRELATION);
    flags = memory.getInt(at + FrameLayout.FLAGS);
    status = memory.getInt(at + FrameLayout.STATUS);
    deviceCode = memory.getInt(at + FrameLayout.DEVICE_CODE);
    payloadBytes = memory.getInt(at + FrameLayout.PAYLOAD_BYTES);
    part = memory.getInt(at + FrameLayout.PART);
    int blockBytes = FrameLayout.blockBytes(flags);
    if (payloadBytes < 0
        || payloadBytes > maxPayloadBytes
        || length != FrameLayout.HEADER_BYTES + blockBytes + payloadBytes) {
      throw new ProtocolViolation(
          "response ring: frame of "
              + length
              + " bytes at "
              + position
              + " with blocks of "
              + blockBytes
              + " and a payload of "
              + payloadBytes
              + "; expected their sum + 64, the payload at most "
              + maxPayloadBytes);
    }
    blocksAt = at + FrameLayout.HEADER_BYTES;
    payloadAt = blocksAt + blockBytes;
  }

  /** Gives the record's space back to the broker. */
  public void consumed() {
    position += recordBytes;
    own.setRelease(RegionLayout.HEAD, position);
  }

  public long correlation() {
    return correlation;
  }

  public int flags() {
    return flags;
  }

  public int statusCode() {
    return status & 0xFFFF;
  }

  public int reason() {
    return status >>> 16;
  }

  /** The device library's own return code, or 0. */
  public int deviceCode() {
    return deviceCode;
  }

  public int part() {
    return part;
  }

  public int payloadBytes() {
    return payloadBytes;
  }

  /** Copies the payload out. */
  public void copyPayload(byte[] target, int offset) {
    ((Buffer) memory).clear().position(payloadAt);
    memory.get(target, offset, payloadBytes);
  }

  /**
   * Copies the payload to the buffer's position, which it moves; the room must have been checked.
   */
  public void copyPayload(ByteBuffer target) {
    ((Buffer) memory).clear().position(payloadAt).limit(payloadAt + payloadBytes);
    try {
      target.put(memory);
    } finally {
      // Absolute reads are checked against the limit, too.
      ((Buffer) memory).clear();
    }
  }

  /** One of the six moments of the TRACE block, which must be present. */
  public long traceNanos(int stage) {
    return memory.getLong(blocksAt + stage * Long.BYTES);
  }

  /**
   * The length that the worker wrote into the OUTPUT block; -1 without one. Not yet checked against
   * the block.
   */
  public long untrustedOutputBytes() {
    if ((flags & FrameLayout.OUTPUT_FLAG) == 0) {
      return -1;
    }
    int before = FrameLayout.blockBytes(flags & (FrameLayout.TRACE_FLAG | FrameLayout.INPUT_FLAG));
    return memory.getLong(blocksAt + before + 16);
  }

  private long tail() {
    long tail = brokers.getAcquire(RegionLayout.TAIL);
    if (tail - position < 0 || tail - position > capacity || (tail & 7) != 0 || tail < knownTail) {
      throw new ProtocolViolation(
          "response ring: expected the broker's tail between "
              + knownTail
              + " and "
              + (position + capacity)
              + " in steps of 8, found "
              + tail);
    }
    return tail;
  }
}
