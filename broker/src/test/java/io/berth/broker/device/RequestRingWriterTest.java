// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static org.junit.jupiter.api.Assertions.*;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestRingWriterTest {
  private static final int CAPACITY = 4096;
  private static final int HEAD = CAPACITY + RingBufferDescriptor.HEAD_POSITION_OFFSET;
  private static final int TAIL = CAPACITY + RingBufferDescriptor.TAIL_POSITION_OFFSET;

  private final UnsafeBuffer buffer =
      new UnsafeBuffer(ByteBuffer.allocateDirect(CAPACITY + RingBufferDescriptor.TRAILER_LENGTH));
  private final RequestRingWriter writer = new RequestRingWriter(buffer);
  private final OneToOneRingBuffer reader = new OneToOneRingBuffer(buffer);

  private record Written(int length, int type, long seed) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void agronas_reader_reads_what_was_written_and_nothing_else(long seed) {
    Random random = new Random(seed);
    ArrayDeque<Written> written = new ArrayDeque<>();
    int full = 0;
    for (int step = 0; step < 200_000; step++) {
      if (random.nextInt(3) > 0) {
        int length = 8 + random.nextInt(random.nextInt(20) == 0 ? 3000 : 200);
        int index = writer.claim(length, 1 + step);
        if (index < 0) {
          full++;
          continue;
        }
        assertEquals(0, index % 8);
        assertTrue(index + length <= CAPACITY);
        Written record = new Written(length, 1 + step, random.nextLong());
        Random bytes = new Random(record.seed);
        for (int i = 8; i < length; i++) {
          buffer.putByte(index + i, (byte) bytes.nextInt());
        }
        writer.commit();
        written.add(record);
        assertEquals(reader.producerPosition(), buffer.getLong(TAIL));
      } else {
        reader.read(
            (type, source, index, length) -> {
              Written expected = written.remove();
              assertEquals(expected.type, type);
              assertEquals(expected.length, length + 8);
              Random bytes = new Random(expected.seed);
              for (int i = 0; i < length; i++) {
                assertEquals((byte) bytes.nextInt(), source.getByte(index + i));
              }
            },
            1 + random.nextInt(20));
      }
    }
    assertTrue(full > 0, "the ring was never full");
    assertFalse(writer.isGarbled());
  }

  @Test
  void a_claimed_record_is_invisible_until_it_is_committed() {
    writer.claim(64, 1);
    assertEquals(0, reader.read((type, source, index, length) -> fail("visible")));
    writer.commit();
    assertEquals(1, reader.read((type, source, index, length) -> assertEquals(56, length)));
  }

  @ParameterizedTest
  @ValueSource(longs = {-8, 4, CAPACITY, 1L << 40, Long.MIN_VALUE, Long.MAX_VALUE})
  void a_head_that_no_reader_has_is_noticed_and_nothing_is_written(long head) {
    while (writer.claim(64, 1) >= 0) {
      writer.commit();
    }
    long tail = buffer.getLong(TAIL);
    buffer.putLong(HEAD, head);
    assertEquals(-1, writer.claim(64, 1));
    assertTrue(writer.isGarbled());
    assertEquals(tail, buffer.getLong(TAIL));
  }

  @Test
  void a_worker_that_scribbles_all_over_the_ring_cannot_make_a_claim_throw_or_leave_the_ring()
      throws InterruptedException {
    AtomicBoolean done = new AtomicBoolean();
    Thread scribbler =
        new Thread(
            () -> {
              Random random = new Random(1);
              while (!done.get()) {
                for (int i = 0; i < 64; i++) {
                  buffer.putIntOpaque(8 * random.nextInt(CAPACITY / 8), 64);
                }
                buffer.putLongOpaque(TAIL, random.nextLong());
                buffer.putLongOpaque(HEAD, random.nextInt(2 * CAPACITY));
              }
            });
    scribbler.start();
    try {
      for (int round = 0; round < 5_000; round++) {
        RequestRingWriter fresh = new RequestRingWriter(buffer);
        while (!fresh.isGarbled()) {
          int index = fresh.claim(72, 1);
          assertTrue(index + 72 <= CAPACITY);
          if (index >= 0) {
            fresh.commit();
          }
        }
      }
    } finally {
      done.set(true);
      scribbler.join();
    }
  }
}
