// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static io.berth.shm.ring.RecordDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writer and reader of one ring against each other and against a model. */
class RingTest {
  private static final int RING_BYTES = 4096;

  private final RingPair pair = new RingPair(RING_BYTES);
  private final RingWriter writer = pair.writer();
  private final RingReader reader = pair.reader(RING_BYTES);

  private void passThrough(int length) {
    assertTrue(writer.claim(length, 1) >= 0);
    writer.publish();
    assertEquals(length, reader.next());
    reader.release();
  }

  @Test
  void an_empty_ring_has_no_record() {
    assertEquals(RingReader.NONE, reader.next());
    assertFalse(reader.hasNext());
  }

  @Test
  void a_claimed_record_is_invisible_until_it_is_published() {
    writer.claim(24, 7);
    assertEquals(RingReader.NONE, reader.next());
    assertTrue(writer.publish());
    assertTrue(reader.hasNext());
    assertEquals(24, reader.next());
    assertEquals(7, reader.recordType());
    assertEquals(0, reader.recordIndex());
  }

  @Test
  void one_publication_shows_a_whole_batch() {
    for (int i = 1; i <= 5; i++) {
      writer.claim(8 + i, i);
    }
    writer.publish();
    assertFalse(writer.publish(), "nothing further to publish");
    for (int i = 1; i <= 5; i++) {
      assertEquals(8 + i, reader.next());
      assertEquals(i, reader.recordType());
    }
    assertEquals(RingReader.NONE, reader.next());
  }

  @Test
  void a_record_that_does_not_fit_before_the_end_starts_at_index_0_behind_a_padding() {
    passThrough(3000);
    assertEquals(0, writer.claim(1500, 1));
    writer.publish();
    assertEquals(RING_BYTES - 3000, writer.buffer().getInt(3000 + LENGTH_OFFSET));
    assertEquals(PADDING_TYPE, writer.buffer().getInt(3000 + TYPE_OFFSET));
    assertEquals(1500, reader.next());
    assertEquals(0, reader.recordIndex());
    assertEquals(RING_BYTES + align(1500), reader.position());
  }

  @Test
  void a_record_that_ends_with_the_ring_needs_no_padding() {
    passThrough(3000);
    assertEquals(3000, writer.claim(RING_BYTES - 3000, 1));
    writer.publish();
    assertEquals(RING_BYTES - 3000, reader.next());
    assertEquals(RING_BYTES, reader.position());
  }

  @Test
  void a_record_may_fill_the_whole_ring() {
    assertEquals(0, writer.claim(RING_BYTES, 1));
    writer.publish();
    assertEquals(RingWriter.FULL, writer.claim(8, 1));
    assertEquals(RING_BYTES, reader.next());
    reader.release();
    assertEquals(0, writer.claim(8, 1));
  }

  @Test
  void a_record_longer_than_the_ring_never_fits() {
    assertEquals(RingWriter.FULL, writer.claim(RING_BYTES + 1, 1));
    assertFalse(writer.publish());
  }

  @Test
  void a_full_ring_takes_no_more_until_the_reader_releases() {
    int records = 0;
    while (writer.claim(64, 1) >= 0) {
      records++;
    }
    assertEquals(RING_BYTES / 64, records);
    writer.publish();
    assertEquals(RING_BYTES, writer.unconsumedBytes());
    assertEquals(64, reader.next());
    assertEquals(RingWriter.FULL, writer.claim(64, 1), "read, but not yet released");
    reader.release();
    assertTrue(writer.claim(64, 1) >= 0);
  }

  @Test
  void a_refused_claim_leaves_no_padding_behind() {
    passThrough(3000);
    for (int i = 0; i < 8; i++) {
      assertTrue(writer.claim(128, 1) >= 0);
    }
    // 72 bytes are left before the end: padding and record together do not fit.
    long before = writer.position();
    assertEquals(RingWriter.FULL, writer.claim(3016, 1));
    assertEquals(before, writer.position());
    writer.publish();
    for (int i = 0; i < 8; i++) {
      assertEquals(128, reader.next());
    }
    assertEquals(RingReader.NONE, reader.next());
  }

  @Test
  void the_reader_refuses_a_record_longer_than_its_limit() {
    RingReader limited = pair.reader(100);
    writer.claim(100, 1);
    writer.claim(101, 1);
    writer.publish();
    assertEquals(100, limited.next());
    assertEquals(RingReader.VIOLATION, limited.next());
    assertTrue(limited.violation().contains("record length 101"), limited.violation());
  }

  private record Written(int length, int type, long seed) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void random_traffic_arrives_unchanged_and_is_full_exactly_when_a_model_is(long seed) {
    Random random = new Random(seed);
    int capacity = RING_BYTES << random.nextInt(4);
    RingPair ring = new RingPair(capacity);
    RingWriter out = ring.writer();
    RingReader in = ring.reader(capacity);
    ArrayDeque<Written> claimed = new ArrayDeque<>();
    ArrayDeque<Written> published = new ArrayDeque<>();
    long tail = 0;
    long readPosition = 0;
    long released = 0;
    for (int step = 0; step < 100_000; step++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          int length =
              random.nextInt(10) == 0 ? 8 + random.nextInt(capacity - 7) : 8 + random.nextInt(300);
          long toEnd = capacity - tail % capacity;
          long needed = align(length) <= toEnd ? align(length) : toEnd + align(length);
          int index = out.claim(length, 1 + step);
          if (tail + needed - released > capacity) {
            assertEquals(RingWriter.FULL, index);
          } else {
            tail += needed;
            assertEquals((tail - align(length)) % capacity, index);
            Written record = new Written(length, 1 + step, random.nextLong());
            fill(out, index, record);
            claimed.add(record);
          }
          assertEquals(tail, out.position());
        }
        case 3 -> {
          assertEquals(!claimed.isEmpty(), out.publish());
          published.addAll(claimed);
          claimed.clear();
        }
        case 4, 5, 6 -> {
          Written expected = published.poll();
          int length = in.next();
          if (expected == null) {
            assertEquals(RingReader.NONE, length);
          } else {
            assertEquals(expected.length, length);
            assertEquals(expected.type, in.recordType());
            verify(in, expected);
            long toEnd = capacity - readPosition % capacity;
            readPosition += align(length) <= toEnd ? align(length) : toEnd + align(length);
          }
          assertEquals(readPosition, in.position());
        }
        default -> {
          in.release();
          released = readPosition;
          assertEquals(tail - released, out.unconsumedBytes());
        }
      }
    }
    assertNull(in.violation());
  }

  private static void fill(RingWriter out, int index, Written record) {
    Random bytes = new Random(record.seed);
    for (int i = HEADER_BYTES; i < record.length; i++) {
      out.buffer().putByte(index + i, (byte) bytes.nextInt());
    }
  }

  private static void verify(RingReader in, Written record) {
    Random bytes = new Random(record.seed);
    for (int i = HEADER_BYTES; i < record.length; i++) {
      assertEquals((byte) bytes.nextInt(), in.buffer().getByte(in.recordIndex() + i));
    }
  }
}
