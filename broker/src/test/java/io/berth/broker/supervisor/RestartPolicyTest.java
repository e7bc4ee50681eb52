// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.config.SupervisionConfig;
import io.berth.broker.config.SupervisionConfig.RestartBackoff;
import org.junit.jupiter.api.Test;

class RestartPolicyTest {
  private static final long MILLIS = 1_000_000;

  private final RestartPolicy policy =
      new RestartPolicy(
          new SupervisionConfig(
              1,
              1,
              1,
              1,
              1,
              1,
              new RestartBackoff(10 * MILLIS, 50 * MILLIS, 500 * MILLIS),
              3,
              1_000 * MILLIS,
              2));

  @Test
  void the_delay_doubles_up_to_the_longest() {
    long[] expected = {10, 20, 40, 50, 50};
    for (long millis : expected) {
      policy.died(false, 0);
      assertEquals(millis * MILLIS, policy.nextDelayNanos());
    }
  }

  @Test
  void no_initial_delay_becomes_one_that_can_grow() {
    RestartPolicy eager =
        new RestartPolicy(
            new SupervisionConfig(
                1, 1, 1, 1, 1, 1, new RestartBackoff(0, 50 * MILLIS, 500 * MILLIS), 3, 1, 2));
    assertEquals(0, eager.nextDelayNanos());
    assertEquals(MILLIS, eager.nextDelayNanos());
    assertEquals(2 * MILLIS, eager.nextDelayNanos());
  }

  @Test
  void a_card_that_fails_again_and_again_is_hopeless_though_it_serves_for_a_while_each_time() {
    for (long i = 0; i < 3; i++) {
      assertFalse(policy.isHopeless());
      policy.serving(i * 300 * MILLIS);
      policy.cardFailed((i * 300 + 600) * MILLIS);
      policy.died(false, (i * 300 + 600) * MILLIS);
    }
    assertTrue(policy.isHopeless());
  }

  @Test
  void a_card_that_has_served_for_long_before_it_fails_has_a_clean_record() {
    policy.died(false, 0);
    policy.nextDelayNanos();
    policy.serving(0);
    policy.cardFailed(1_000 * MILLIS);
    policy.died(false, 1_000 * MILLIS);
    assertEquals(1, policy.recentDeaths());
    assertEquals(10 * MILLIS, policy.nextDelayNanos());
  }

  @Test
  void a_row_of_deaths_within_the_time_is_hopeless() {
    policy.died(false, 0);
    policy.died(false, 10);
    assertFalse(policy.isHopeless());
    policy.died(false, 20);
    assertTrue(policy.isHopeless());
    assertEquals(3, policy.recentDeaths());
  }

  @Test
  void deaths_of_long_ago_are_forgotten() {
    policy.died(false, 0);
    policy.died(false, 900 * MILLIS);
    policy.died(false, 1_001 * MILLIS);
    assertEquals(2, policy.recentDeaths());
    assertFalse(policy.isHopeless());
  }

  @Test
  void deaths_that_a_request_was_guilty_of_do_not_count() {
    for (int i = 0; i < 20; i++) {
      policy.died(true, i);
    }
    assertFalse(policy.isHopeless());
    assertEquals(0, policy.recentDeaths());
  }

  @Test
  void a_worker_that_served_a_while_ends_the_row_and_one_that_did_not_does_not() {
    policy.died(false, 0);
    policy.nextDelayNanos();
    policy.serving(10 * MILLIS);
    policy.died(false, 509 * MILLIS);
    assertEquals(2, policy.recentDeaths());
    assertEquals(20 * MILLIS, policy.nextDelayNanos());
    policy.serving(600 * MILLIS);
    policy.died(false, 1_100 * MILLIS);
    assertEquals(1, policy.recentDeaths());
    assertEquals(10 * MILLIS, policy.nextDelayNanos());
  }

  @Test
  void a_worker_that_never_served_does_not_profit_from_its_predecessor() {
    policy.serving(0);
    policy.died(false, 500 * MILLIS);
    policy.died(false, 700 * MILLIS);
    assertEquals(2, policy.recentDeaths());
  }
}
