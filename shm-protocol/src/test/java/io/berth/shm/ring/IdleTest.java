// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;

class IdleTest {
  private static final long BASE = 50_000;
  private final Idle idle = new Idle(BASE);

  @Test
  void looks_for_its_budget_before_it_blocks() {
    assertFalse(idle.isTimeToBlock(1_000));
    assertFalse(idle.isTimeToBlock(1_000 + BASE - 1));
    assertTrue(idle.isTimeToBlock(1_000 + BASE));
  }

  @Test
  void work_begins_a_new_look() {
    assertFalse(idle.isTimeToBlock(0));
    idle.worked(BASE - 1);
    assertFalse(idle.isTimeToBlock(BASE));
    assertFalse(idle.isTimeToBlock(2 * BASE - 1));
    assertTrue(idle.isTimeToBlock(2 * BASE));
  }

  @Test
  void who_was_rung_for_looks_for_the_whole_budget() {
    idle.isTimeToBlock(0);
    assertTrue(idle.isTimeToBlock(BASE));
    idle.woken(true);
    assertFalse(idle.isTimeToBlock(10 * BASE));
    assertTrue(idle.isTimeToBlock(11 * BASE));
  }

  @Test
  void who_woke_by_the_clock_blocks_at_once_again() {
    idle.isTimeToBlock(0);
    assertTrue(idle.isTimeToBlock(BASE));
    idle.woken(false);
    assertTrue(idle.isTimeToBlock(10 * BASE));
  }

  @Test
  void without_a_budget_it_blocks_at_once() {
    assertTrue(new Idle(0).isTimeToBlock(7));
  }
}
