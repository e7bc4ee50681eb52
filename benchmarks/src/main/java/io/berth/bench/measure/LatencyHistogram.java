// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.measure;

/**
 * Log-linear counts of nanoseconds: exact below 128, then 64 steps for each power of two, so that a
 * step is at most 1.6 % of its value. Memory is fixed and recording allocates nothing. The C
 * yardsticks use the same layout ({@code latency_histogram.h}) and hand theirs over as text.
 *
 * <p>One thread records; any thread may read once recording has stopped.
 */
public final class LatencyHistogram {
  private static final int EXACT_BELOW = 128;
  private static final int STEPS = 64;
  private static final int HIGHEST_POWER = 40;
  private static final int BUCKETS = EXACT_BELOW + (HIGHEST_POWER - 6) * STEPS;
  private static final String NOTHING_RECORDED = "-";

  private final long[] counts = new long[BUCKETS];

  /** Counts one latency; what exceeds about 36 minutes is counted in the last bucket. */
  public void record(long nanos) {
    counts[bucketOf(nanos)]++;
  }

  public void clear() {
    java.util.Arrays.fill(counts, 0L);
  }

  public void add(LatencyHistogram other) {
    for (int i = 0; i < BUCKETS; i++) {
      counts[i] += other.counts[i];
    }
  }

  public long count() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /**
   * The latency that the given share of all recorded ones does not exceed, as the middle of its
   * bucket.
   *
   * @param share in 0..1, for example 0.99
   * @return nanoseconds, NaN when nothing was recorded
   */
  public double quantileNanos(double share) {
    long total = count();
    long wanted = Math.max(1, (long) Math.ceil(share * total));
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += counts[i];
      if (total > 0 && seen >= wanted) {
        return middleOf(i);
      }
    }
    return Double.NaN;
  }

  /** The form in which a child process reports: {@code index:count} pairs, or a dash for none. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < BUCKETS; i++) {
      if (counts[i] > 0) {
        text.append(text.isEmpty() ? "" : ",").append(i).append(':').append(counts[i]);
      }
    }
    return text.isEmpty() ? NOTHING_RECORDED : text.toString();
  }

  /** Reads what {@link #toText()} or {@code histogram_print} wrote. */
  public static LatencyHistogram fromText(String text) {
    LatencyHistogram histogram = new LatencyHistogram();
    if (text.equals(NOTHING_RECORDED)) {
      return histogram;
    }
    for (String pair : text.split(",", -1)) {
      int colon = pair.indexOf(':');
      int bucket = colon < 0 ? -1 : Integer.parseInt(pair, 0, colon, 10);
      if (bucket < 0 || bucket >= BUCKETS) {
        throw new IllegalArgumentException(
            "histogram: expected bucket:count with a bucket below " + BUCKETS + ", found " + pair);
      }
      histogram.counts[bucket] += Long.parseLong(pair, colon + 1, pair.length(), 10);
    }
    return histogram;
  }

  private static int bucketOf(long nanos) {
    if (nanos < EXACT_BELOW) {
      return (int) Math.max(0, nanos);
    }
    int power = 63 - Long.numberOfLeadingZeros(nanos);
    if (power > HIGHEST_POWER) {
      return BUCKETS - 1;
    }
    return EXACT_BELOW + (power - 7) * STEPS + (int) (nanos >>> (power - 6)) - STEPS;
  }

  private static double middleOf(int bucket) {
    if (bucket < EXACT_BELOW) {
      return bucket;
    }
    int power = 7 + (bucket - EXACT_BELOW) / STEPS;
    long lowest = (long) (STEPS + (bucket - EXACT_BELOW) % STEPS) << (power - 6);
    return lowest + (1L << (power - 6)) / 2.0;
  }
}
