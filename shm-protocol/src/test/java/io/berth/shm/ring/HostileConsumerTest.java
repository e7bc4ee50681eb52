// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.region.RegionDescriptor;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A consumer's head is believed only where a correct consumer can be. */
class HostileConsumerTest {
  private static final int RING_BYTES = 4096;

  private final RingPair pair = new RingPair(RING_BYTES);
  private final RingWriter writer = pair.writer();
  private final RingReader reader = pair.reader(RING_BYTES);
  private final UnsafeBuffer consumer = pair.consumerBytes();

  @BeforeEach
  void have_history_and_fill() {
    for (int i = 0; i < 100; i++) {
      writer.claim(64, 1);
      writer.publish();
      reader.next();
      reader.release();
    }
    while (writer.claim(64, 1) >= 0) {}
    writer.publish();
  }

  private void head(long position) {
    consumer.putLong(RegionDescriptor.HEAD_OFFSET, position);
  }

  @Test
  void a_head_that_no_consumer_can_have_is_a_violation() {
    long consumed = reader.position();
    long published = writer.position();
    long[] heads = {
      consumed - 8,
      0,
      -8,
      Long.MIN_VALUE,
      Long.MAX_VALUE & -8,
      published + 8,
      published + RING_BYTES,
      consumed + 4,
      published - 1
    };
    for (long head : heads) {
      head(head);
      assertEquals(RingWriter.VIOLATION, writer.claim(64, 1), "head " + head);
      assertEquals(RingWriter.VIOLATION, writer.unconsumedBytes(), "head " + head);
      assertEquals(published, writer.position(), "nothing was written");
    }
  }

  @Test
  void a_head_beyond_what_was_published_is_a_violation_even_if_it_was_claimed() {
    long published = writer.position();
    head(published);
    assertTrue(writer.claim(64, 1) >= 0);
    head(published + 64);
    assertEquals(RingWriter.VIOLATION, writer.unconsumedBytes());
  }

  @Test
  void a_head_that_skips_records_harms_only_its_owner() {
    head(writer.position());
    assertEquals(0, writer.unconsumedBytes());
    assertTrue(writer.claim(64, 1) >= 0);
  }

  @Test
  void random_heads_never_make_the_writer_leave_the_ring() {
    Random random = new Random(5);
    for (int i = 0; i < 200_000; i++) {
      head(
          switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> writer.position();
            case 2 -> writer.position() - random.nextInt(2 * RING_BYTES);
            default -> writer.position() - 8L * random.nextInt(RING_BYTES / 8);
          });
      int length = 8 + random.nextInt(600);
      int index = writer.claim(length, 1);
      assertTrue(index < 0 || index + length <= RING_BYTES, "index " + index);
      if (index >= 0) {
        writer.buffer().setMemory(index + 8, length - 8, (byte) 1);
        writer.publish();
      }
    }
  }
}
