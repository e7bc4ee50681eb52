// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.policy.Limits;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RateTest {
  private static final long SECOND = 1_000_000_000L;

  private static Rate rate(int perSecond, int burst) {
    return new Rate(new Limits(1, perSecond, burst, false));
  }

  private static int taken(Rate rate, int tries, long nowNanos) {
    int taken = 0;
    for (int i = 0; i < tries; i++) {
      taken += rate.tryTake(nowNanos) ? 1 : 0;
    }
    return taken;
  }

  @Test
  void a_burst_fits_at_once_and_then_the_rate_counts() {
    for (long start : new long[] {0, -5 * SECOND, Long.MAX_VALUE - SECOND}) {
      Rate rate = rate(100, 20);
      assertEquals(20, taken(rate, 50, start));
      assertEquals(1, taken(rate, 50, start + 10_000_000));
      assertEquals(10, taken(rate, 50, start + 110_000_000));
      assertEquals(20, taken(rate, 50, start + 10 * SECOND), "no more than a burst is saved up");
    }
  }

  @Test
  void a_refusal_tells_when_the_next_one_fits() {
    Rate rate = rate(100, 2);
    assertEquals(2, taken(rate, 3, 7));
    long wait = rate.retryNanos(7);
    assertEquals(10_000_000, wait);
    assertFalse(rate.tryTake(7 + wait - 1));
    assertTrue(rate.tryTake(7 + wait));
  }

  /** Against a bucket that is filled with whole tokens. */
  @Test
  void random_arrivals_are_admitted_as_by_a_bucket_of_tokens() {
    Random random = new Random(11);
    for (int i = 0; i < 200; i++) {
      int perSecond = 1 + random.nextInt(1_000);
      int burst = 1 + random.nextInt(50);
      Rate rate = rate(perSecond, burst);
      long interval = SECOND / perSecond;
      long tokens = burst * interval;
      long before = 0;
      long now = 0;
      for (int n = 0; n < 500; n++) {
        now += random.nextInt(4) == 0 ? random.nextLong(3 * interval) : 0;
        tokens = Math.min(burst * interval, tokens + now - before);
        before = now;
        boolean admitted = tokens >= interval;
        tokens -= admitted ? interval : 0;
        assertEquals(admitted, rate.tryTake(now), perSecond + " " + burst + " " + n);
      }
    }
  }

  @Test
  void a_trial_is_told_once_a_second_with_all_that_came_meanwhile() {
    DryRun beyond = new DryRun();
    assertEquals(1, beyond.toTell(5));
    for (int i = 0; i < 9; i++) {
      assertEquals(0, beyond.toTell(5 + SECOND - 1));
    }
    assertEquals(10, beyond.toTell(5 + SECOND));
    assertEquals(0, beyond.toTell(6 + SECOND));
  }
}
