// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Outcome;
import java.util.Map;

/**
 * One measured round of one system.
 *
 * @param cpuNanosByPart processor time of the system's processes, clients included, by what they
 *     are
 * @param pssKibibytesByPart proportional set size of the same, at the round's end
 */
public record Round(
    Outcome outcome, Map<String, Long> cpuNanosByPart, Map<String, Long> pssKibibytesByPart) {
  public double p50Micros() {
    return quantileMicros(0.50);
  }

  /**
   * The latency that a share of the answers did not exceed.
   *
   * @param share in 0..1
   */
  public double quantileMicros(double share) {
    return outcome.latency().quantileNanos(share) / 1e3;
  }

  public double cpuNanosPerOp() {
    return (double) sum(cpuNanosByPart) / outcome.operations();
  }

  /** The share of it that one part took; not a number when the system has no such part. */
  public double cpuNanosPerOp(String part) {
    Long nanos = cpuNanosByPart.get(part);
    return nanos == null ? Double.NaN : (double) nanos / outcome.operations();
  }

  public long pssKibibytes() {
    return sum(pssKibibytesByPart);
  }

  private static long sum(Map<String, Long> parts) {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }
}
