// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static io.berth.shm.ring.RecordDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.region.RegionDescriptor;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever stands in a producer's region, the reader hands out records inside of the ring, ends,
 * and once it has found a violation stays with it.
 */
class HostileProducerTest {
  private static final int RING_BYTES = 4096;
  private static final int MAX_RECORD_BYTES = 1024;

  private static final int[] INTS = {
    Integer.MIN_VALUE,
    Integer.MIN_VALUE + 1,
    Integer.MIN_VALUE + 8,
    -RING_BYTES - 8,
    -RING_BYTES,
    -9,
    -8,
    -7,
    -2,
    -1,
    0,
    1,
    4,
    7,
    8,
    9,
    15,
    16,
    17,
    MAX_RECORD_BYTES - 1,
    MAX_RECORD_BYTES,
    MAX_RECORD_BYTES + 1,
    RING_BYTES - 8,
    RING_BYTES - 1,
    RING_BYTES,
    RING_BYTES + 1,
    RING_BYTES + 8,
    2 * RING_BYTES,
    Integer.MAX_VALUE - 8,
    Integer.MAX_VALUE - 7,
    Integer.MAX_VALUE - 6,
    Integer.MAX_VALUE
  };

  private static final long[] LONGS = {
    Long.MIN_VALUE,
    Long.MIN_VALUE + 8,
    -8,
    -1,
    0,
    1,
    4,
    7,
    8,
    RING_BYTES - 8,
    RING_BYTES - 1,
    RING_BYTES,
    RING_BYTES + 1,
    RING_BYTES + 8,
    2L * RING_BYTES,
    1L << 31,
    1L << 32,
    (1L << 32) + 8,
    Long.MAX_VALUE - 7,
    Long.MAX_VALUE
  };

  /** A ring with some laps of history and a few records waiting. */
  private static final class Scene {
    final RingPair pair = new RingPair(RING_BYTES);
    final RingReader reader = pair.reader(MAX_RECORD_BYTES);
    final AtomicBuffer ring = pair.producer.ring();
    final UnsafeBuffer region = pair.producerBytes();
    final int[] waiting;

    Scene(int historyBytes, int... lengths) {
      RingWriter writer = pair.writer();
      for (int passed = 0; passed < historyBytes; passed += 24) {
        writer.claim(24, 1);
        writer.publish();
        reader.next();
        reader.release();
      }
      waiting = new int[lengths.length];
      for (int i = 0; i < lengths.length; i++) {
        waiting[i] = writer.claim(lengths[i], 1);
      }
      writer.publish();
    }

    /** Reads until there is nothing or a violation, touching all that is handed out. */
    void drain() {
      long before = reader.position();
      int calls = 0;
      int length;
      while ((length = reader.next()) > 0) {
        assertTrue(++calls <= RING_BYTES / ALIGNMENT, "more records than a ring holds");
        int index = reader.recordIndex();
        assertTrue(length >= HEADER_BYTES && length <= MAX_RECORD_BYTES, "length " + length);
        assertTrue(index >= 0 && index + length <= RING_BYTES, index + " + " + length);
        assertTrue(index % ALIGNMENT == 0);
        assertTrue(reader.recordType() > 0);
        for (int i = 0; i < length; i++) {
          reader.buffer().getByte(index + i);
        }
      }
      assertTrue(reader.position() - before <= RING_BYTES, "consumed more than a ring");
      if (length == RingReader.VIOLATION) {
        assertNotNull(reader.violation());
        staysViolated();
      }
    }

    private void staysViolated() {
      String first = reader.violation();
      long position = reader.position();
      region.setMemory(RegionDescriptor.ringOffset(4096), RING_BYTES, (byte) 0);
      ring.putInt((int) position & (RING_BYTES - 1), 8);
      ring.putInt(((int) position & (RING_BYTES - 1)) + TYPE_OFFSET, 1);
      region.putLong(RegionDescriptor.TAIL_OFFSET, position + 8);
      assertEquals(RingReader.VIOLATION, reader.next());
      assertEquals(first, reader.violation());
      assertEquals(position, reader.position());
    }
  }

  @Test
  void each_header_word_may_hold_any_boundary_value() {
    for (int history : new int[] {0, 48, RING_BYTES - 96, RING_BYTES - 24, 3 * RING_BYTES}) {
      for (int record = 0; record < 3; record++) {
        for (int offset : new int[] {LENGTH_OFFSET, TYPE_OFFSET}) {
          for (int value : INTS) {
            Scene scene = new Scene(history, 24, 100, 64);
            scene.ring.putInt(scene.waiting[record] + offset, value);
            scene.drain();
          }
        }
      }
    }
  }

  @Test
  void length_and_type_may_hold_any_pair_of_boundary_values() {
    for (int length : INTS) {
      for (int type : INTS) {
        Scene scene = new Scene(RING_BYTES - 96, 24, 100, 64);
        scene.ring.putInt(scene.waiting[0] + LENGTH_OFFSET, length);
        scene.ring.putInt(scene.waiting[0] + TYPE_OFFSET, type);
        scene.drain();
      }
    }
  }

  @Test
  void the_tail_may_hold_any_boundary_value() {
    for (int history : new int[] {0, RING_BYTES - 24, 3 * RING_BYTES}) {
      for (long value : LONGS) {
        Scene absolute = new Scene(history, 24, 100, 64);
        absolute.region.putLong(RegionDescriptor.TAIL_OFFSET, value);
        absolute.drain();
        Scene relative = new Scene(history, 24, 100, 64);
        relative.region.putLong(RegionDescriptor.TAIL_OFFSET, relative.reader.position() + value);
        relative.drain();
      }
    }
  }

  @Test
  void a_tail_that_goes_back_or_more_than_a_ring_ahead_is_a_violation() {
    for (long delta : new long[] {-8, RING_BYTES + 8, 4, Long.MIN_VALUE}) {
      Scene scene = new Scene(RING_BYTES, 24);
      assertEquals(24, scene.reader.next());
      scene.region.putLong(RegionDescriptor.TAIL_OFFSET, scene.reader.position() + delta);
      assertEquals(RingReader.VIOLATION, scene.reader.next(), "delta " + delta);
      assertTrue(scene.reader.violation().startsWith("tail"), scene.reader.violation());
    }
  }

  @Test
  void paddings_without_records_cannot_hold_the_reader() {
    // A padding at index 0 is never needed; were it taken, a producer that keeps its tail one ring
    // ahead of the reader could keep it inside of one call.
    Scene scene = new Scene(0);
    scene.ring.putInt(LENGTH_OFFSET, RING_BYTES);
    scene.ring.putInt(TYPE_OFFSET, PADDING_TYPE);
    scene.region.putLong(RegionDescriptor.TAIL_OFFSET, RING_BYTES);
    assertEquals(RingReader.VIOLATION, scene.reader.next());
    assertTrue(scene.reader.violation().startsWith("padding"), scene.reader.violation());
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void random_bytes_anywhere_in_the_region_do_no_harm(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      Scene scene = new Scene(random.nextInt(3 * RING_BYTES), 24, 100, 64, 8, 300);
      int changes = 1 + random.nextInt(6);
      for (int i = 0; i < changes; i++) {
        int record = scene.waiting[random.nextInt(scene.waiting.length)];
        switch (random.nextInt(5)) {
          case 0 -> scene.ring.putInt(record + LENGTH_OFFSET, random.nextInt(2 * RING_BYTES));
          case 1 -> scene.ring.putInt(record + TYPE_OFFSET, random.nextInt(5) - 2);
          case 2 -> scene.ring.putInt(record + LENGTH_OFFSET, random.nextInt());
          case 3 ->
              scene.region.putLong(
                  RegionDescriptor.TAIL_OFFSET,
                  scene.reader.position() + 8L * random.nextInt(RING_BYTES / 8 + 4));
          default -> scene.ring.putLong(8 * random.nextInt(RING_BYTES / 8), random.nextLong());
        }
      }
      scene.drain();
    }
  }

  @Test
  void a_producer_that_scribbles_while_it_is_read_does_no_harm() throws InterruptedException {
    RingPair pair = new RingPair(RING_BYTES);
    UnsafeBuffer region = pair.producerBytes();
    AtomicBoolean done = new AtomicBoolean();
    Thread scribbler =
        new Thread(
            () -> {
              Random random = new Random(99);
              AtomicBuffer ring = pair.producer.ring();
              while (!done.get()) {
                int at = 8 * random.nextInt(RING_BYTES / 8);
                ring.putIntOpaque(at, 8 * random.nextInt(32));
                ring.putIntOpaque(at + 4, random.nextInt(4) - 1);
                region.putLongRelease(
                    RegionDescriptor.TAIL_OFFSET, 8L * random.nextInt(RING_BYTES / 8));
              }
            });
    scribbler.start();
    int violations = 0;
    int records = 0;
    try {
      while (violations < 20_000 || records < 1_000) {
        RingReader reader = pair.reader(MAX_RECORD_BYTES);
        int length;
        while ((length = reader.next()) >= 0 && reader.position() < RING_BYTES) {
          if (length > 0) {
            assertTrue(reader.recordIndex() + length <= RING_BYTES);
            records++;
          }
        }
        violations++;
      }
    } finally {
      done.set(true);
      scribbler.join();
    }
  }
}
