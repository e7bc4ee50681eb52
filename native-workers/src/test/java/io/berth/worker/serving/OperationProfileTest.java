// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.frame.ReplayClass;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Operation.Execution;
import org.junit.jupiter.api.Test;

class OperationProfileTest {
  private static final long QUICK = OperationProfile.QUICK_NANOS / 2;
  private static final long LONG = 100 * OperationProfile.QUICK_NANOS;

  private final OperationProfile profile = of(Execution.ANYWHERE);

  private static OperationProfile of(Execution execution) {
    return new OperationProfile(new Operation(1, "OP", ReplayClass.PURE, execution));
  }

  private static void execute(
      OperationProfile profile, long nanos, long computedNanos, boolean hasWaited) {
    profile.watched(nanos, computedNanos, hasWaited);
    profile.executed(nanos);
  }

  private static void compute(OperationProfile profile, long nanos) {
    for (int i = 0; i < 100; i++) {
      execute(profile, nanos, nanos, false);
    }
  }

  @Test
  void nothing_is_believed_of_an_operation_that_was_hardly_seen() {
    for (int i = 0; i < 10; i++) {
      execute(profile, QUICK, QUICK, false);
    }
    assertTrue(profile.isToBeWatched());
    assertFalse(profile.computes());
    assertFalse(profile.isQuick());
  }

  @Test
  void an_operation_that_stays_on_its_processor_computes() {
    compute(profile, LONG);
    assertTrue(profile.computes());
    assertFalse(profile.isQuick());
  }

  @Test
  void one_that_waits_most_of_its_time_does_not() {
    compute(profile, LONG);
    for (int i = 0; i < 100; i++) {
      execute(profile, LONG, LONG / 10, true);
    }
    assertFalse(profile.computes());
    assertFalse(profile.isShort(), "should its device hang, a lane hangs");
  }

  @Test
  void a_processor_that_others_took_away_was_not_waited_for() {
    for (int i = 0; i < 100; i++) {
      execute(profile, LONG, LONG / 10, false);
    }
    assertTrue(profile.computes());
  }

  @Test
  void short_waits_for_a_lock_between_computing_are_no_waiting() {
    for (int i = 0; i < 100; i++) {
      execute(profile, LONG, LONG * 3 / 4, true);
    }
    assertTrue(profile.computes());
  }

  @Test
  void one_that_is_over_soon_is_quick_until_it_once_takes_long() {
    compute(profile, QUICK);
    assertTrue(profile.isQuick());
    profile.executedQuickly(QUICK);
    assertTrue(profile.isQuick());
    profile.executedQuickly(LONG);
    assertFalse(profile.isQuick());
    assertFalse(profile.computes());
  }

  @Test
  void one_that_is_short_is_so_until_it_once_takes_very_long() {
    compute(profile, OperationProfile.SHORT_NANOS);
    assertTrue(profile.isShort());
    assertFalse(profile.isQuick());
    profile.executedHere(2 * OperationProfile.SHORT_NANOS / 3);
    assertTrue(profile.isShort());
    profile.executedHere(6 * OperationProfile.SHORT_NANOS);
    assertFalse(profile.isShort());
    compute(profile, 2 * OperationProfile.SHORT_NANOS);
    assertFalse(profile.isShort());
  }

  @Test
  void the_shorter_it_is_the_more_processors_are_left_to_those_who_carry_requests() {
    compute(profile, 60_000);
    assertEquals(1, profile.mostAtOnce(1));
    assertEquals(1, profile.mostAtOnce(2));
    assertEquals(27, profile.mostAtOnce(64));
    OperationProfile longer = of(Execution.LANE);
    compute(longer, LONG);
    assertEquals(2, longer.mostAtOnce(2));
    assertEquals(1, longer.mostAtOnce(1));
    assertEquals(61, longer.mostAtOnce(64));
  }

  @Test
  void where_one_computes_at_a_time_short_ones_are_best_done_in_turn() {
    compute(profile, 60_000);
    assertTrue(profile.isBestInTurn(2));
    assertFalse(profile.isBestInTurn(64));
    compute(profile, 500_000);
    assertFalse(profile.isBestInTurn(1), "whoever asks meanwhile would wait for long");
    OperationProfile waiting = of(Execution.ANYWHERE);
    for (int i = 0; i < 100; i++) {
      execute(waiting, 60_000, 6_000, true);
    }
    assertFalse(waiting.isBestInTurn(1));
  }

  @Test
  void one_that_leaves_something_in_its_session_is_never_quick() {
    OperationProfile leaving = of(Execution.LANE);
    compute(leaving, QUICK);
    assertTrue(leaving.computes());
    assertFalse(leaving.isQuick());
  }

  @Test
  void one_that_answers_in_parts_is_never_quick() {
    compute(profile, QUICK);
    profile.hasStreamed();
    assertFalse(profile.isQuick());
  }

  @Test
  void once_known_only_some_executions_are_watched() {
    int watched = 0;
    for (int i = 0; i < 1000; i++) {
      watched += profile.isToBeWatched() ? 1 : 0;
      profile.executed(QUICK);
    }
    assertTrue(watched > 64 && watched < 300, watched + " were watched");
  }
}
