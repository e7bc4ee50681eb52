// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.region;

import static io.berth.shm.region.RegionDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import java.nio.ByteBuffer;
import java.util.Random;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegionTest {
  private static final int PAGE_BYTES = 4096;
  private static final int RING_BYTES = 8192;
  private static final int BYTES = PAGE_BYTES + RING_BYTES;

  private final ByteBuffer memory = BufferUtil.allocateDirectAligned(BYTES, PAGE_BYTES);
  private final UnsafeBuffer bytes = new UnsafeBuffer(memory);
  private final long address = BufferUtil.address(memory);

  @BeforeEach
  void create() {
    Region.create(address, PAGE_BYTES, RING_BYTES, KIND_CLIENT, 77, 88);
  }

  private void refused(String field) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> Region.open(address, BYTES, KIND_CLIENT));
    assertTrue(refusal.getMessage().contains(field), refusal.getMessage());
  }

  @Test
  void what_was_created_can_be_opened() {
    Region opened = Region.open(address, BYTES, KIND_CLIENT);
    assertEquals(RING_BYTES, opened.ring().capacity());
    assertEquals(address + PAGE_BYTES, opened.ring().addressOffset());
    assertEquals(77, opened.session());
    assertEquals(88, opened.brokerEpoch());
    assertEquals(0, opened.tailAcquire());
  }

  @Test
  void the_words_stand_on_lines_of_their_own() {
    Region region = Region.open(address, BYTES, KIND_CLIENT);
    region.tailRelease(1);
    region.headRelease(2);
    region.sleepOpaque(3);
    region.heartbeatOpaque(4);
    region.signalRelease(5);
    for (int word = 1; word <= 5; word++) {
      assertEquals(word, bytes.getLong(word * 128));
    }
    assertEquals(1, region.tailAcquire());
    assertEquals(2, region.headAcquire());
    assertEquals(3, region.sleepOpaque());
    assertEquals(4, region.heartbeatOpaque());
    assertEquals(5, region.signalAcquire());
  }

  @Test
  void a_wrong_magic_is_refused() {
    bytes.putLong(MAGIC_OFFSET, MAGIC ^ 1);
    refused("magic");
  }

  @Test
  void another_major_version_is_refused_and_another_minor_is_not() {
    bytes.putInt(MINOR_OFFSET, 9);
    Region.open(address, BYTES, KIND_CLIENT);
    bytes.putInt(MAJOR_OFFSET, 2);
    refused("major version");
  }

  @Test
  void the_region_of_another_side_is_refused() {
    bytes.putInt(KIND_OFFSET, KIND_WORKER);
    refused("kind");
  }

  @Test
  void a_ring_among_the_words_or_off_alignment_is_refused() {
    for (int offset : new int[] {0, -8, 767, 760, 4097, 4100, Integer.MIN_VALUE}) {
      bytes.putInt(RING_OFFSET_OFFSET, offset);
      refused("ring offset");
    }
  }

  @Test
  void a_ring_size_that_is_no_power_of_two_or_too_small_is_refused() {
    int[] sizes = {0, 1, -1, 2048, 4095, 4097, 6144, Integer.MIN_VALUE, Integer.MAX_VALUE};
    for (int size : sizes) {
      bytes.putInt(RING_BYTES_OFFSET, size);
      refused("ring bytes");
    }
  }

  @Test
  void a_ring_beyond_the_mapping_is_refused() {
    for (int size : new int[] {2 * RING_BYTES, 1 << 30}) {
      bytes.putInt(RING_BYTES_OFFSET, size);
      refused("ring end");
    }
    bytes.putInt(RING_BYTES_OFFSET, RING_BYTES);
    bytes.putInt(RING_OFFSET_OFFSET, PAGE_BYTES + 8);
    refused("ring end");
    bytes.putInt(RING_OFFSET_OFFSET, Integer.MAX_VALUE & -8);
    refused("ring end");
  }

  @Test
  void a_mapping_too_small_for_the_words_is_refused_before_it_is_read() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Region.open(address, WORDS_END_OFFSET - 1, KIND_CLIENT));
    assertThrows(IllegalArgumentException.class, () -> Region.open(0, 0, KIND_CLIENT));
  }

  @Test
  void random_headers_are_refused_or_give_a_ring_inside_of_the_mapping() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      create();
      int word = 4 * (2 + random.nextInt(5));
      bytes.putInt(word, random.nextBoolean() ? random.nextInt() : 1 << random.nextInt(32));
      try {
        Region region = Region.open(address, BYTES, KIND_CLIENT);
        long begin = region.ring().addressOffset();
        assertTrue(begin >= address + WORDS_END_OFFSET);
        assertTrue(begin + region.ring().capacity() <= address + BYTES);
      } catch (IllegalArgumentException refused) {
        assertTrue(refused.getMessage().startsWith("region "), refused.getMessage());
      }
    }
  }

  @Test
  void a_ring_size_is_a_power_of_two_that_holds_the_wish_if_the_limit_allows() {
    Random random = new Random(4);
    for (int i = 0; i < 200_000; i++) {
      int wanted = random.nextInt() >> random.nextInt(31);
      int limit = MIN_RING_BYTES + (random.nextInt(Integer.MAX_VALUE) >> random.nextInt(19)) / 2;
      int size = ringBytes(wanted, limit);
      String what = wanted + " within " + limit + " gave " + size;
      assertEquals(1, Integer.bitCount(size), what);
      assertTrue(size >= MIN_RING_BYTES && size <= MAX_RING_BYTES && size <= limit, what);
      boolean nextFits = 2L * size <= Math.min(limit, MAX_RING_BYTES);
      assertTrue(size >= wanted || !nextFits, what);
      assertTrue(size == MIN_RING_BYTES || size / 2 < wanted, what + ", half would do");
    }
  }

  @Test
  void a_ring_starts_on_a_page_whatever_its_size() {
    assertEquals(4096, ringOffset(4096));
    assertEquals(16384, ringOffset(16384));
    assertEquals(65536, ringOffset(65536));
    assertEquals(65536L + (1 << 30), regionBytes(65536, 1 << 30));
  }
}
