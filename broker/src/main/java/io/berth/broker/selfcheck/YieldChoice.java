// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.util.OptionalInt;

/**
 * How long waiting threads yield before they block. The idle strategy is the latency.
 *
 * @param micros the budget
 * @param reason why that one
 */
public record YieldChoice(int micros, String reason) {
  private static final int ON_SEVERAL_PROCESSORS = 50;
  private static final int ON_ONE_PROCESSOR = 20;

  /**
   * Chooses.
   *
   * @param configured by broker.yield_micros; empty for auto
   * @param usable processors, by affinity and quota
   */
  public static YieldChoice of(OptionalInt configured, int usable) {
    if (configured.isPresent()) {
      return new YieldChoice(configured.getAsInt(), "broker.yield_micros says so");
    }
    return usable > 1
        ? new YieldChoice(
            ON_SEVERAL_PROCESSORS,
            usable + " processors are usable: the other side runs beside the one that waits")
        : new YieldChoice(
            ON_ONE_PROCESSOR,
            "one processor is usable: whoever waits takes it from the one who answers");
  }
}
