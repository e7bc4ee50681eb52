// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

/** Pauses that double from the first to the longest. Nanoseconds. One thread. */
final class Backoff {
  private static final long LEAST_GROWING_NANOS = 1_000_000L;

  private final long initialNanos;
  private final long maxNanos;
  private long nextNanos;

  Backoff(long initialNanos, long maxNanos) {
    this.initialNanos = initialNanos;
    this.maxNanos = maxNanos;
    this.nextNanos = initialNanos;
  }

  /** The pause that is due now. */
  long next() {
    long pause = nextNanos;
    nextNanos = Math.min(maxNanos, Math.max(2 * nextNanos, LEAST_GROWING_NANOS));
    return pause;
  }

  void reset() {
    nextNanos = initialNanos;
  }
}
