// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.policy.Audit;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HandleTableTest {
  private final HandleTable table = new HandleTable(4);

  private Handle open() {
    return table.open(HandleTableTest::handle);
  }

  private static Handle handle(int word) {
    return new Handle(word, "r", null, 0, 0x80000001, 1, 1_000, null, Audit.NONE);
  }

  @Test
  void what_was_opened_is_found_until_it_is_closed() {
    Handle handle = open();
    assertSame(handle, table.get(handle.word()));
    assertSame(handle, table.close(handle.word()));
    assertNull(table.get(handle.word()));
    assertNull(table.close(handle.word()));
  }

  @Test
  void a_full_table_opens_no_more_until_one_is_closed() {
    Handle first = open();
    open();
    open();
    open();
    assertNull(open());
    table.close(first.word());
    assertNotNull(open());
  }

  @Test
  void the_successor_at_an_index_has_another_word_for_all_generations() {
    Set<Integer> words = new HashSet<>();
    for (int i = 0; i < 0x7FFF; i++) {
      int word = open().word();
      assertTrue(words.add(word), "word " + word + " again after " + i);
      assertTrue(word > 0);
      table.close(word);
    }
    assertEquals(1 << 16 | 1, open().word(), "the generations begin anew");
  }

  @Test
  void words_that_were_never_given_out_are_no_handles() {
    Handle handle = open();
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      int word = random.nextInt();
      if (word != handle.word()) {
        assertNull(table.get(word));
        assertNull(table.get(word & 0xFFFF));
      }
    }
    assertNull(table.get(0));
    assertNull(table.get(-1));
    assertNull(table.get(handle.word() | 0x80000000));
    assertSame(handle, table.get(handle.word()));
  }

  @Test
  void a_handle_allows_the_bits_of_its_mask_only() {
    Handle handle = handle(1);
    for (int bit = 0; bit < 0x10000; bit++) {
      assertEquals(bit == 0 || bit == 31, handle.allows(bit << 16 | 5), "bit " + bit);
    }
  }

  @Test
  void priority_is_clamped_to_the_ceiling_and_nonsense_is_least_urgent() {
    Handle handle = handle(1);
    assertEquals(1, handle.clampPriority(0));
    assertEquals(1, handle.clampPriority(1));
    assertEquals(3, handle.clampPriority(3));
    for (int nonsense : new int[] {-1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertEquals(3, handle.clampPriority(nonsense));
    }
  }

  @Test
  void a_deadline_is_never_later_than_the_handle_allows() {
    Handle handle = handle(1);
    long now = 1_000_000;
    for (long asked : new long[] {0, now + 1_001, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertTrue(handle.clampDeadline(asked, now) <= now + 1_000, "asked " + asked);
    }
    assertEquals(now + 1_000, handle.clampDeadline(0, now));
    assertEquals(now + 7, handle.clampDeadline(now + 7, now));
    assertEquals(now - 7, handle.clampDeadline(now - 7, now));
  }
}
