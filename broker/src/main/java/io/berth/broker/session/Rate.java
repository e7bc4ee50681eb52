// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import io.berth.broker.policy.Limits;

/**
 * How often one principal may ask for what a set of grants opened to it, over all of its sessions:
 * a bucket of tokens, kept as the one time at which the next request would be due if they came
 * evenly.
 *
 * <p>Data thread only, but for what never changes. Allocates nothing.
 */
public final class Rate {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final Limits limits;
  private final DryRun beyond = new DryRun();
  private final long nanosPerRequest;

  /** How far ahead of time requests may come. */
  private final long aheadNanos;

  private long dueNanos;
  private boolean begun;

  /**
   * A full bucket.
   *
   * @param limits with a rate
   */
  public Rate(Limits limits) {
    this.limits = limits;
    this.nanosPerRequest = NANOS_PER_SECOND / limits.ratePerSecond();
    this.aheadNanos = (limits.burst() - 1) * nanosPerRequest;
  }

  /** Whether one more request may come now; counts it if so. */
  public boolean tryTake(long nowNanos) {
    if (!begun || dueNanos - nowNanos < 0) {
      begun = true;
      dueNanos = nowNanos;
    }
    if (dueNanos - nowNanos > aheadNanos) {
      return false;
    }
    dueNanos += nanosPerRequest;
    return true;
  }

  /** After a refusal: the time until the next request would be admitted. */
  public long retryNanos(long nowNanos) {
    return dueNanos - nowNanos - aheadNanos;
  }

  public int perSecond() {
    return limits.ratePerSecond();
  }

  public int burst() {
    return limits.burst();
  }

  /** Whether it is on trial: what is beyond it is told, and admitted. */
  public boolean isDryRun() {
    return limits.dryRun();
  }

  /** What the journal has of requests beyond it. */
  public DryRun beyond() {
    return beyond;
  }
}
