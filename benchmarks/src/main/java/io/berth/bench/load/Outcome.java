// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

import io.berth.bench.measure.LatencyHistogram;

/**
 * What one or several client processes saw in one round.
 *
 * @param operations answers received while the load lasted
 * @param failed answers that were missing, wrong or somebody else's
 * @param elapsedNanos the longest that any client took
 * @param longestGapNanos the longest time in which a client that waited got no answer
 * @param work time within the worker, empty where the clients do not learn of it
 */
public record Outcome(
    long operations,
    long failed,
    long elapsedNanos,
    long longestGapNanos,
    LatencyHistogram latency,
    LatencyHistogram work) {
  private static final int WORDS = 6;
  private static final int WORDS_WITH_WORK = 7;

  /** Of a system whose clients do not learn how long the worker worked. */
  public Outcome(
      long operations,
      long failed,
      long elapsedNanos,
      long longestGapNanos,
      LatencyHistogram latency) {
    this(operations, failed, elapsedNanos, longestGapNanos, latency, new LatencyHistogram());
  }

  /** The line that a client process answers with. */
  public String toLine() {
    return "RESULT "
        + operations
        + " "
        + failed
        + " "
        + elapsedNanos
        + " "
        + longestGapNanos
        + " "
        + latency.toText()
        + " "
        + work.toText();
  }

  /** Reads {@link #toLine()}, also from the C clients. */
  public static Outcome fromLine(String line) {
    String[] words = line.split(" ", -1);
    if (words.length < WORDS || words.length > WORDS_WITH_WORK || !words[0].equals("RESULT")) {
      throw new IllegalArgumentException("expected a RESULT line of 6 or 7 words, found " + line);
    }
    return new Outcome(
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        LatencyHistogram.fromText(words[5]),
        words.length == WORDS ? new LatencyHistogram() : LatencyHistogram.fromText(words[6]));
  }

  /** Clients that ran at the same time, seen as one. */
  public Outcome plus(Outcome other) {
    LatencyHistogram both = new LatencyHistogram();
    both.add(latency);
    both.add(other.latency);
    LatencyHistogram bothWork = new LatencyHistogram();
    bothWork.add(work);
    bothWork.add(other.work);
    return new Outcome(
        operations + other.operations,
        failed + other.failed,
        Math.max(elapsedNanos, other.elapsedNanos),
        Math.max(longestGapNanos, other.longestGapNanos),
        both,
        bothWork);
  }

  public double opsPerSecond() {
    return operations * 1e9 / elapsedNanos;
  }
}
