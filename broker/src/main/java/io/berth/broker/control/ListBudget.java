// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import java.util.HashMap;
import java.util.Map;

/**
 * Bounds how much of the control thread's time each uid takes with listing names, so that one that
 * lists in a loop does not keep the others from being greeted.
 *
 * <p>One thread; time is the caller's.
 */
final class ListBudget {
  static final int BURST = 8_192;
  static final int PER_SECOND = 400;
  private static final long NANOS_PER_UNIT = 1_000_000_000L / PER_SECOND;

  private static final class Bucket {
    long units = BURST;
    long refilledNanos;

    void refill(long nowNanos) {
      long more = (nowNanos - refilledNanos) / NANOS_PER_UNIT;
      units = Math.min(BURST, units + more);
      refilledNanos += more * NANOS_PER_UNIT;
    }
  }

  private final Map<Integer, Bucket> buckets = new HashMap<>();

  /** Takes that many units; false, and none are taken, if the uid has fewer. */
  boolean takes(int uid, int units, long nowNanos) {
    // A full bucket is like none: what is kept is bounded by who lists just now.
    buckets
        .values()
        .removeIf(
            each -> {
              each.refill(nowNanos);
              return each.units == BURST;
            });
    Bucket bucket = buckets.computeIfAbsent(uid, key -> new Bucket());
    if (bucket.units == BURST) {
      bucket.refilledNanos = nowNanos;
    }
    if (bucket.units < units) {
      return false;
    }
    bucket.units -= units;
    return true;
  }
}
