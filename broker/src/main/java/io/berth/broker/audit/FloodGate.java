// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;

/**
 * Bounds how many records of a kind a uid can cause. Without a bound, one that does so in a loop
 * would fill the disk, and the journal could not keep up with the others' records, which are
 * refused then.
 *
 * <p>A uid has so many at once and so many more per second. What is beyond that is refused by
 * {@link #takes}; or with {@link #admits} left out and counted, and the count is recorded in its
 * stead as soon as the uid may have a record again. One thread; time is the caller's.
 */
final class FloodGate {
  private final int burst;
  private final long nanosPerToken;

  FloodGate(int burst, int perSecond) {
    this.burst = burst;
    this.nanosPerToken = 1_000_000_000L / perSecond;
  }

  private final class Bucket {
    long tokens = burst;
    long refilledNanos;
    int suppressed;

    Bucket(long nowNanos) {
      refilledNanos = nowNanos;
    }

    void refill(long nowNanos) {
      long more = (nowNanos - refilledNanos) / nanosPerToken;
      if (more > 0) {
        tokens = Math.min(burst, tokens + more);
        refilledNanos += more * nanosPerToken;
      }
    }
  }

  private final Map<Integer, Bucket> buckets = new HashMap<>();
  private final Map<Integer, Bucket> withSuppressed = new LinkedHashMap<>();

  /** Whether this uid may have one more; if not, nothing may happen that must be recorded. */
  boolean takes(int uid, long nowNanos) {
    forgetFull(nowNanos);
    Bucket bucket = bucket(uid, nowNanos);
    if (bucket.tokens == 0) {
      return false;
    }
    bucket.tokens--;
    return true;
  }

  private Bucket bucket(int uid, long nowNanos) {
    Bucket bucket = buckets.computeIfAbsent(uid, key -> new Bucket(nowNanos));
    bucket.refill(nowNanos);
    return bucket;
  }

  /** Whether a record of this uid is to be written; it is counted otherwise. */
  boolean admits(int uid, long nowNanos) {
    Bucket bucket = bucket(uid, nowNanos);
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
    forgetFull(nowNanos);
  }

  /** A full bucket is like none. */
  private void forgetFull(long nowNanos) {
    buckets
        .values()
        .removeIf(
            bucket -> {
              bucket.refill(nowNanos);
              return bucket.tokens == burst;
            });
  }
}
