// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.bench.measure.LatencyHistogram;
import org.junit.jupiter.api.Test;

class LineTest {
  @Test
  void a_load_survives_its_command_line() {
    Load load = new Load(250, 256, 1_000_000);
    assertEquals(load, Load.fromCommand(load.toCommand()));
  }

  @Test
  void a_load_that_asks_for_nothing_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> new Load(0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> new Load(1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> Load.fromCommand("PAUSE"));
  }

  @Test
  void clients_that_ran_together_are_summed_over_the_longest_of_their_times() {
    LatencyHistogram latency = new LatencyHistogram();
    latency.record(1000);
    Outcome slow = new Outcome(10, 1, 2_000_000_000L, 7, latency);
    Outcome fast = new Outcome(30, 0, 1_000_000_000L, 9, latency);
    Outcome both = Outcome.fromLine(slow.toLine()).plus(Outcome.fromLine(fast.toLine()));
    assertEquals(20.0, both.opsPerSecond());
    assertEquals(1, both.failed());
    assertEquals(9, both.longestGapNanos());
    assertEquals(2, both.latency().count());
  }

  @Test
  void a_line_that_is_no_result_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> Outcome.fromLine("READY"));
  }
}
