// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FloodGateTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int BURST = 4_096;
  private static final int PER_SECOND = 10;

  private final FloodGate gate = new FloodGate(BURST, PER_SECOND);
  private final List<String> told = new ArrayList<>();

  private void tell(long nowNanos) {
    gate.tellSuppressed(nowNanos, (uid, count) -> told.add(uid + ": " + count));
  }

  private void flood(int uid, int beyond) {
    for (int i = 0; i < BURST; i++) {
      assertTrue(gate.admits(uid, 0), "record " + i);
    }
    for (int i = 0; i < beyond; i++) {
      assertFalse(gate.admits(uid, 0));
    }
  }

  @Test
  void who_floods_is_cut_and_the_others_are_not() {
    flood(1, 1_000);
    assertTrue(gate.admits(2, 0));
  }

  @Test
  void what_is_not_recorded_is_counted_and_the_count_recorded() {
    flood(1, 1_000);
    tell(0);
    assertEquals(List.of(), told);
    tell(SECOND);
    assertEquals(List.of("1: 1000"), told);
    tell(2 * SECOND);
    assertEquals(List.of("1: 1000"), told);
  }

  @Test
  void records_come_again_as_time_passes_and_the_count_comes_first() {
    flood(1, 5);
    for (int i = 1; i < PER_SECOND; i++) {
      assertTrue(gate.admits(1, SECOND), "record " + i);
    }
    assertFalse(gate.admits(1, SECOND), "one is kept for the count");
    tell(SECOND);
    assertEquals(List.of("1: 6"), told);
  }

  @Test
  void a_uid_that_was_silent_for_long_has_its_burst_again_and_costs_nothing() {
    flood(1, 0);
    long later = BURST * SECOND;
    tell(later);
    for (int i = 0; i < BURST; i++) {
      assertTrue(gate.admits(1, later), "record " + i);
    }
    assertFalse(gate.admits(1, later));
  }

  @Test
  void what_must_be_recorded_is_refused_beyond_the_bound_and_not_counted() {
    for (int i = 0; i < BURST; i++) {
      assertTrue(gate.takes(1, 0), "record " + i);
    }
    assertFalse(gate.takes(1, 0));
    assertTrue(gate.takes(2, 0));
    for (int i = 0; i < PER_SECOND; i++) {
      assertTrue(gate.takes(1, SECOND), "record " + i);
    }
    assertFalse(gate.takes(1, SECOND));
    tell(10 * SECOND);
    assertEquals(List.of(), told);
  }
}
