// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.fuzz;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.shm.frame.FrameCheck;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingPair;
import io.berth.shm.ring.RingReader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the broker does with a client's ring, fed with anything: read a record, copy it, check the
 * copy, use what was checked.
 *
 * <pre>
 *   input: u16 tail, u16 tail later, then the ring's bytes, first half now, second half later
 * </pre>
 */
public final class RingFuzz {
  private static final int RING_BYTES = 4096;
  private static final int MAX_INLINE_BYTES = 512;

  private RingFuzz() {}

  /** Jazzer's entry; an exception or error is a finding. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 4) {
      return;
    }
    UnsafeBuffer in = new UnsafeBuffer(input);
    RingPair pair = new RingPair(RING_BYTES);
    UnsafeBuffer region = pair.producerBytes();
    RingReader reader = pair.reader(maxRecordBytes(MAX_INLINE_BYTES));
    int contentBytes = input.length - 4;
    int half = contentBytes / 2;
    int ring = RegionDescriptor.ringOffset(4096);
    region.putBytes(ring, in, 4, Math.min(half, RING_BYTES));
    region.putLong(RegionDescriptor.TAIL_OFFSET, in.getShort(0) & 0xFFFF);
    consume(reader);
    reader.release();
    region.putBytes(ring, in, 4 + half, Math.min(contentBytes - half, RING_BYTES));
    region.putLong(RegionDescriptor.TAIL_OFFSET, in.getShort(2) & 0xFFFF);
    consume(reader);
  }

  private static void consume(RingReader reader) {
    UnsafeBuffer copy = new UnsafeBuffer(new byte[maxRecordBytes(MAX_INLINE_BYTES)]);
    int records = 0;
    int length;
    while ((length = reader.next()) > 0) {
      require(++records <= RING_BYTES / 8, "more records than a ring holds");
      copy.putBytes(0, reader.buffer(), reader.recordIndex(), length);
      if (FrameCheck.violation(copy, 0, length, MAX_INLINE_BYTES) != null) {
        continue;
      }
      int flags = copy.getInt(FLAGS_OFFSET);
      int payloadBytes = copy.getInt(PAYLOAD_BYTES_OFFSET);
      require(payloadBytes >= 0 && payloadBytes <= MAX_INLINE_BYTES, "payload " + payloadBytes);
      require(payloadOffset(flags) + payloadBytes == length, "frame of " + length);
      for (int i = payloadOffset(flags); i < length; i++) {
        copy.getByte(i);
      }
    }
    require((length == RingReader.VIOLATION) == (reader.violation() != null), "violation");
    require(reader.next() == length, "neither the end nor a violation goes away by itself");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }
}
