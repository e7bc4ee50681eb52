// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CallTimesTest {
  @Test
  void a_percentile_is_the_smallest_value_that_so_many_percent_do_not_exceed() {
    long[] hundred = LongStream.rangeClosed(1, 100).toArray();
    assertEquals(50, CallTimes.percentile(hundred, 50));
    assertEquals(99, CallTimes.percentile(hundred, 99));
    assertEquals(7, CallTimes.percentile(new long[] {7}, 50));
    assertEquals(3, CallTimes.percentile(new long[] {1, 2, 3}, 99));
  }
}
