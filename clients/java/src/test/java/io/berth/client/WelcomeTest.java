// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class WelcomeTest {
  private static final long DAY = 86_400_000_000_000L;

  @Test
  void a_brokers_time_between_hello_and_welcome_means_one_clock() {
    assertEquals(0, Welcome.clockOffsetNanos(1000, 1000, 9000));
    assertEquals(0, Welcome.clockOffsetNanos(1000, 5000, 9000));
    assertEquals(0, Welcome.clockOffsetNanos(1000, 9000, 9000));
  }

  @Test
  void another_clock_is_taken_to_be_read_in_the_middle_of_the_round_trip() {
    assertEquals(DAY, Welcome.clockOffsetNanos(1000, DAY + 5000, 9000));
    assertEquals(-DAY, Welcome.clockOffsetNanos(DAY + 1000, 5000, DAY + 9000));
    assertEquals(4001, Welcome.clockOffsetNanos(1000, 9001, 9000));
    assertEquals(-4001, Welcome.clockOffsetNanos(1000, 999, 9000));
  }

  @Test
  void an_absurd_time_of_the_broker_wraps_around() {
    assertEquals(Long.MIN_VALUE, Welcome.clockOffsetNanos(0, Long.MIN_VALUE, 0));
  }
}
