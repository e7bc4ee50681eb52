// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;

class KillListTest {
  private static final long BLOCK_NANOS = 1_000;

  private final KillList list = new KillList(2, BLOCK_NANOS);

  @Test
  void who_was_in_flight_with_others_is_a_suspect_and_not_guilty() {
    for (int i = 0; i < 10; i++) {
      assertFalse(list.died("a", 1, false, 0));
    }
    assertTrue(list.isSuspect("a", 1));
    assertFalse(list.isBlocked("a", 1, 0));
  }

  @Test
  void who_was_alone_twice_is_blocked_for_a_while() {
    assertFalse(list.died("a", 1, true, 0));
    assertFalse(list.isBlocked("a", 1, 0));
    assertTrue(list.died("a", 1, true, 100));
    assertTrue(list.isBlocked("a", 1, 100 + BLOCK_NANOS - 1));
    assertFalse(list.isBlocked("a", 1, 100 + BLOCK_NANOS));
    assertTrue(list.isSuspect("a", 1), "and goes out alone afterwards");
  }

  @Test
  void a_death_after_the_block_blocks_again_at_once() {
    list.died("a", 1, true, 0);
    list.died("a", 1, true, 0);
    assertTrue(list.died("a", 1, true, 2 * BLOCK_NANOS));
    assertTrue(list.isBlocked("a", 1, 3 * BLOCK_NANOS - 1));
  }

  @Test
  void the_principal_and_the_operation_both_count() {
    list.died("a", 1, true, 0);
    list.died("a", 1, true, 0);
    assertFalse(list.isBlocked("b", 1, 1));
    assertFalse(list.isBlocked("a", 2, 1));
    assertFalse(list.isSuspect("b", 1));
    assertFalse(list.isSuspect("a", 2));
  }

  @Test
  void a_suspect_that_ends_well_is_cleared() {
    list.died("a", 1, false, 0);
    list.died("b", 1, false, 0);
    list.endedWell("a", 1);
    assertFalse(list.isSuspect("a", 1));
    assertFalse(list.isEmpty());
    list.endedWell("b", 1);
    assertTrue(list.isEmpty());
  }
}
