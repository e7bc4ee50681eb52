// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;

/**
 * Bounds how many records a uid can cause by what costs it nothing: connecting, leaving, and asking
 * for what it may not have. Without a bound, one that does so in a loop would fill the disk, and
 * the journal could not keep up with the others' records, which are refused then.
 *
 * <p>A uid has {@value #BURST} such records at once and {@value #PER_SECOND} more per second. What
 * is beyond that is counted, and the count is recorded in its stead as soon as the uid may have a
 * record again. One thread; time is the caller's.
 */
final class FloodGate {
  static final int BURST = 4_096;
  static final int PER_SECOND = 10;
  private static final long NANOS_PER_TOKEN = 1_000_000_000L / PER_SECOND;

  private static final class Bucket {
    long tokens = BURST;
    long refilledNanos;
    int suppressed;

    Bucket(long nowNanos) {
      refilledNanos = nowNanos;
    }

    void refill(long nowNanos) {
      long more = (nowNanos - refilledNanos) / NANOS_PER_TOKEN;
      if (more > 0) {
        tokens = Math.min(BURST, tokens + more);
        refilledNanos += more * NANOS_PER_TOKEN;
      }
    }
  }

  private final Map<Integer, Bucket> buckets = new HashMap<>();
  private final Map<Integer, Bucket> withSuppressed = new LinkedHashMap<>();

  /** Whether a record of this uid is to be written; it is counted otherwise. */
  boolean admits(int uid, long nowNanos) {
    Bucket bucket = buckets.computeIfAbsent(uid, key -> new Bucket(nowNanos));
    bucket.refill(nowNanos);
    // What was suppressed is told first, and that takes a token too.
    if (bucket.tokens > (bucket.suppressed > 0 ? 1 : 0)) {
      bucket.tokens--;
      return true;
    }
    bucket.suppressed++;
    withSuppressed.put(uid, bucket);
    return false;
  }

  /** Tells uids and how many of their records were suppressed, as far as they may have one now. */
  void tellSuppressed(long nowNanos, ObjIntConsumer<Integer> told) {
    withSuppressed
        .entrySet()
        .removeIf(
            entry -> {
              Bucket bucket = entry.getValue();
              bucket.refill(nowNanos);
              if (bucket.tokens == 0) {
                return false;
              }
              bucket.tokens--;
              told.accept(entry.getKey(), bucket.suppressed);
              bucket.suppressed = 0;
              return true;
            });
    buckets
        .values()
        .removeIf(
            bucket -> {
              bucket.refill(nowNanos);
              return bucket.tokens == BURST;
            });
  }
}
