// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Outcome;

/**
 * One measured round of one system.
 *
 * @param cpuNanos processor time of all the system's processes, clients included
 * @param pssKibibytes proportional set size of the same, at the round's end
 */
public record Round(Outcome outcome, long cpuNanos, long pssKibibytes) {
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
    return (double) cpuNanos / outcome.operations();
  }
}
