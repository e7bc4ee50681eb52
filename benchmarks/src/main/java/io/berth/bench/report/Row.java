// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import com.google.gson.annotations.SerializedName;
import io.berth.bench.system.Round;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One line of a result.
 *
 * @param system {@code berth} or a yardstick's name
 * @param caseName what was asked of it
 * @param metrics by a name that ends in the unit
 */
public record Row(
    String system, @SerializedName("case") String caseName, Map<String, Double> metrics) {

  /** The median of each metric over the rounds, and for p50 and throughput also the extremes. */
  public static Row ofRounds(String system, String caseName, List<Round> rounds) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    putWithSpread(metrics, "p50", "_us", rounds, Round::p50Micros);
    putWithSpread(metrics, "p99", "_us", rounds, round -> round.quantileMicros(0.99));
    metrics.put("p999_us", median(rounds, round -> round.quantileMicros(0.999)));
    metrics.put("longest_gap_ms", highest(rounds, r -> r.outcome().longestGapNanos() / 1e6));
    putWithSpread(metrics, "ops", "_per_s", rounds, round -> round.outcome().opsPerSecond());
    if (rounds.stream().anyMatch(round -> round.outcome().work().count() > 0)) {
      metrics.put("work_p50_us", median(rounds, r -> r.outcome().work().quantileNanos(0.50) / 1e3));
    }
    metrics.put("cpu_ns_per_op", median(rounds, Round::cpuNanosPerOp));
    for (String part : rounds.get(0).cpuNanosByPart().keySet()) {
      metrics.put(part + "_cpu_ns_per_op", median(rounds, round -> round.cpuNanosPerOp(part)));
    }
    metrics.put("pss_mb", highest(rounds, round -> round.pssKibibytes() * 1024 / 1e6));
    metrics.put("ops", sum(rounds, round -> round.outcome().operations()));
    metrics.put("failed_ops", sum(rounds, round -> round.outcome().failed()));
    metrics.put("rounds", (double) rounds.size());
    return new Row(system, caseName, metrics);
  }

  private static void putWithSpread(
      Map<String, Double> metrics,
      String name,
      String unit,
      List<Round> rounds,
      ToDoubleFunction<Round> value) {
    double[] sorted = sorted(rounds, value);
    metrics.put(name + unit, median(sorted));
    metrics.put(name + "_min" + unit, sorted[0]);
    metrics.put(name + "_max" + unit, sorted[sorted.length - 1]);
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
    return median(sorted(rounds, value));
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double highest(List<Round> rounds, ToDoubleFunction<Round> value) {
    double[] sorted = sorted(rounds, value);
    return sorted[sorted.length - 1];
  }

  private static double sum(List<Round> rounds, ToDoubleFunction<Round> value) {
    return rounds.stream().mapToDouble(value).sum();
  }

  private static double[] sorted(List<Round> rounds, ToDoubleFunction<Round> value) {
    double[] values = rounds.stream().mapToDouble(value).toArray();
    Arrays.sort(values);
    return values;
  }
}
