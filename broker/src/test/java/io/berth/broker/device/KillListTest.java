// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.broker.device.Death.BY_ITSELF;
import static io.berth.broker.device.Death.FROM_OUTSIDE;
import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;

class KillListTest {
  private static final long BLOCK_NANOS = 1_000;

  private final KillList list = new KillList(2, BLOCK_NANOS);

  @Test
  void who_was_in_flight_with_others_is_a_suspect_and_not_guilty() {
    for (int i = 0; i < 10; i++) {
      assertFalse(list.died("a", 1, false, BY_ITSELF, 0));
    }
    assertTrue(list.isSuspect("a", 1));
    assertFalse(list.isBlocked("a", 1, 0));
  }

  @Test
  void who_was_alone_twice_is_blocked_for_a_while() {
    assertFalse(list.died("a", 1, true, BY_ITSELF, 0));
    assertFalse(list.isBlocked("a", 1, 0));
    assertTrue(list.died("a", 1, true, BY_ITSELF, 100));
    assertTrue(list.isBlocked("a", 1, 100 + BLOCK_NANOS - 1));
    assertFalse(list.isBlocked("a", 1, 100 + BLOCK_NANOS));
    assertTrue(list.isSuspect("a", 1), "and goes out alone afterwards");
  }

  @Test
  void a_death_after_the_block_blocks_again_at_once() {
    list.died("a", 1, true, BY_ITSELF, 0);
    list.died("a", 1, true, BY_ITSELF, 0);
    assertTrue(list.died("a", 1, true, BY_ITSELF, 2 * BLOCK_NANOS));
    assertTrue(list.isBlocked("a", 1, 3 * BLOCK_NANOS - 1));
  }

  @Test
  void the_principal_and_the_operation_both_count() {
    list.died("a", 1, true, BY_ITSELF, 0);
    list.died("a", 1, true, BY_ITSELF, 0);
    assertFalse(list.isBlocked("b", 1, 1));
    assertFalse(list.isBlocked("a", 2, 1));
    assertFalse(list.isSuspect("b", 1));
    assertFalse(list.isSuspect("a", 2));
  }

  @Test
  void a_suspect_that_ends_well_is_cleared() {
    list.died("a", 1, false, BY_ITSELF, 0);
    list.died("b", 1, false, BY_ITSELF, 0);
    list.endedWell("a", 1);
    assertFalse(list.isSuspect("a", 1));
    assertFalse(list.isEmpty());
    list.endedWell("b", 1);
    assertTrue(list.isEmpty());
  }

  @Test
  void a_good_end_clears_the_suspicion_and_not_the_guilt() {
    list.died("a", 1, true, BY_ITSELF, 0);
    list.endedWell("a", 1);
    assertFalse(list.isSuspect("a", 1));
    assertTrue(list.isEmpty(), "nobody need be looked at");
    assertTrue(list.died("a", 1, true, BY_ITSELF, BLOCK_NANOS));
    assertTrue(list.isBlocked("a", 1, BLOCK_NANOS));
  }

  @Test
  void guilt_is_forgotten_after_the_blocking_time() {
    list.died("a", 1, true, BY_ITSELF, 0);
    list.endedWell("a", 1);
    list.forget(BLOCK_NANOS);
    assertEquals(1, list.size());
    list.forget(BLOCK_NANOS + 1);
    assertEquals(0, list.size());
    assertFalse(list.died("a", 1, true, BY_ITSELF, BLOCK_NANOS + 2));
  }

  @Test
  void a_suspect_that_never_comes_back_is_forgotten() {
    list.died("a", 1, false, BY_ITSELF, 0);
    list.forget(BLOCK_NANOS);
    assertFalse(list.isEmpty());
    list.forget(BLOCK_NANOS + 1);
    assertTrue(list.isEmpty());
  }

  @Test
  void a_block_is_remembered_as_long_again() {
    list.died("a", 1, true, BY_ITSELF, 0);
    list.died("a", 1, true, BY_ITSELF, 0);
    list.forget(2 * BLOCK_NANOS);
    assertTrue(list.died("a", 1, true, BY_ITSELF, 2 * BLOCK_NANOS));
  }

  @Test
  void with_each_death_in_company_trust_comes_back_more_slowly() {
    int[] goodEnds = {1, 4, 16, 64};
    for (int expected : goodEnds) {
      list.died("a", 1, false, BY_ITSELF, 0);
      for (int i = 0; i < expected; i++) {
        assertTrue(list.isSuspect("a", 1), "after " + i + " of " + expected);
        list.endedWell("a", 1);
      }
      assertFalse(list.isSuspect("a", 1), "after " + expected);
    }
  }

  @Test
  void deaths_from_outside_count_only_in_a_row() {
    for (int i = 0; i < 10; i++) {
      assertFalse(list.died("a", 1, true, FROM_OUTSIDE, 0));
      list.endedWell("a", 1);
      assertEquals(0, list.size());
    }
    assertFalse(list.died("a", 1, true, FROM_OUTSIDE, 0));
    assertTrue(list.died("a", 1, true, FROM_OUTSIDE, 0), "memory exhausted twice, say");
  }
}
