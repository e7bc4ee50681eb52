// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

/**
 * How much a principal may ask for.
 *
 * @param inFlight requests in the broker at once
 * @param ratePerSecond requests per second in the long run; {@link #NO_RATE} for as many as it
 *     likes
 * @param burst requests at once after a silence; of no meaning without a rate
 * @param dryRun whether what is beyond is only counted and recorded, and admitted all the same
 */
public record Limits(int inFlight, int ratePerSecond, int burst, boolean dryRun) {
  public static final int NO_RATE = Integer.MAX_VALUE;

  /** A number in flight, and no rate. */
  public static Limits inFlight(int limit) {
    return new Limits(limit, NO_RATE, NO_RATE, false);
  }

  public boolean hasRate() {
    return ratePerSecond != NO_RATE;
  }

  /** What one grant or the other allows. */
  Limits orMore(Limits other) {
    return new Limits(
        Math.max(inFlight, other.inFlight),
        Math.max(ratePerSecond, other.ratePerSecond),
        Math.max(burst, other.burst),
        dryRun || other.dryRun);
  }

  /** What both a delegate and its sub-principal may. */
  Limits orLess(Limits other) {
    return new Limits(
        Math.min(inFlight, other.inFlight),
        Math.min(ratePerSecond, other.ratePerSecond),
        Math.min(burst, other.burst),
        dryRun && other.dryRun);
  }
}
