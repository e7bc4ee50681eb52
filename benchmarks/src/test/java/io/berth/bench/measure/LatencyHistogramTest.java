// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  @Test
  void quantiles_differ_from_exact_ones_by_less_than_a_step() {
    Random random = new Random(7);
    long[] values = new long[100_000];
    LatencyHistogram histogram = new LatencyHistogram();
    for (int i = 0; i < values.length; i++) {
      values[i] = (long) Math.exp(random.nextDouble() * 24);
      histogram.record(values[i]);
    }
    Arrays.sort(values);
    for (double share : new double[] {0.001, 0.5, 0.9, 0.99, 0.999, 1}) {
      double exact = values[(int) Math.ceil(share * values.length) - 1];
      double found = histogram.quantileNanos(share);
      assertTrue(Math.abs(found - exact) <= exact / 64 + 1, share + ": " + found + " for " + exact);
    }
  }

  @Test
  void bounds_of_powers_of_two_fall_into_neighbouring_steps() {
    for (int power = 7; power <= 40; power++) {
      for (long value : new long[] {(1L << power) - 1, 1L << power, (1L << power) + 1}) {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(value);
        double found = histogram.quantileNanos(0.5);
        assertTrue(Math.abs(found - value) <= value / 64.0, value + " became " + found);
      }
    }
  }

  @Test
  void what_is_too_long_is_counted_in_the_last_step() {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.record(Long.MAX_VALUE);
    assertEquals(1, histogram.count());
    assertTrue(histogram.quantileNanos(1) > 1L << 40);
  }

  @Test
  void text_carries_every_count() {
    LatencyHistogram histogram = new LatencyHistogram();
    assertEquals("-", histogram.toText());
    histogram.record(5);
    histogram.record(5);
    histogram.record(1_000_000);
    LatencyHistogram read = LatencyHistogram.fromText(histogram.toText());
    assertEquals(histogram.toText(), read.toText());
    assertEquals(3, read.count());
    assertEquals(0, LatencyHistogram.fromText("-").count());
  }

  @Test
  void text_that_is_no_histogram_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> LatencyHistogram.fromText("5"));
    assertThrows(IllegalArgumentException.class, () -> LatencyHistogram.fromText("99999:1"));
    assertThrows(IllegalArgumentException.class, () -> LatencyHistogram.fromText("-1:1"));
  }

  @Test
  void an_empty_histogram_has_no_quantile() {
    assertTrue(Double.isNaN(new LatencyHistogram().quantileNanos(0.5)));
  }
}
