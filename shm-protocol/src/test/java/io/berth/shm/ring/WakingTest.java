// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.region.RegionDescriptor;
import org.junit.jupiter.api.Test;

class WakingTest {
  private final RingPair pair = new RingPair(4096);
  private final Sleep sleep = new Sleep(pair.consumer);
  private int rings;
  private int ringResult = 1;
  private final Wake wake =
      new Wake(
          pair.consumer,
          () -> {
            rings++;
            return ringResult;
          });

  @Test
  void nobody_rings_for_a_consumer_that_is_awake() {
    assertTrue(wake.afterPublication());
    assertEquals(0, rings);
  }

  @Test
  void a_sleeper_is_rung_for_once() {
    sleep.arm();
    assertTrue(wake.afterPublication());
    assertTrue(wake.afterPublication());
    assertTrue(wake.afterFence());
    assertEquals(1, rings);
  }

  @Test
  void each_sleep_is_rung_for_anew() {
    for (int i = 1; i <= 3; i++) {
      sleep.arm();
      wake.afterPublication();
      assertEquals(i, rings);
      sleep.disarm();
      wake.afterPublication();
      assertEquals(i, rings);
    }
  }

  @Test
  void a_rearmed_sleep_counts_as_a_new_one() {
    sleep.arm();
    wake.afterPublication();
    sleep.rearm();
    assertTrue(sleep.armed());
    wake.afterPublication();
    assertEquals(2, rings);
  }

  @Test
  void rearming_while_awake_arms() {
    sleep.rearm();
    assertTrue(sleep.armed());
    assertEquals(1, pair.consumer.sleepOpaque());
  }

  @Test
  void arming_and_disarming_twice_changes_nothing() {
    sleep.arm();
    sleep.arm();
    assertEquals(1, pair.consumer.sleepOpaque());
    sleep.disarm();
    sleep.disarm();
    assertEquals(2, pair.consumer.sleepOpaque());
  }

  @Test
  void a_bell_that_is_rung_already_counts_as_rung() {
    sleep.arm();
    ringResult = 0;
    assertTrue(wake.afterPublication());
    assertTrue(wake.afterPublication());
    assertEquals(1, rings);
  }

  @Test
  void a_failed_ring_is_told_and_forgotten_so_that_the_next_one_tries_again() {
    sleep.arm();
    wake.afterPublication();
    sleep.rearm();
    ringResult = -32;
    assertFalse(wake.afterPublication());
    assertFalse(wake.afterPublication());
    ringResult = 1;
    assertTrue(wake.afterPublication());
    assertEquals(4, rings);
  }

  @Test
  void a_hostile_sleep_word_costs_at_most_one_ring_a_publication() {
    for (long word : new long[] {-1, Long.MAX_VALUE, 1, 3, -3, Long.MIN_VALUE + 1}) {
      pair.consumerBytes().putLong(RegionDescriptor.SLEEP_OFFSET, word);
      int before = rings;
      assertTrue(wake.afterPublication());
      assertEquals(before + 1, rings);
    }
  }
}
