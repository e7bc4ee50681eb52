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
 */
public record Outcome(
    long operations,
    long failed,
    long elapsedNanos,
    long longestGapNanos,
    LatencyHistogram latency) {

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
        + latency.toText();
  }

  /** Reads {@link #toLine()}, also from the C clients. */
  public static Outcome fromLine(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 6 || !words[0].equals("RESULT")) {
      throw new IllegalArgumentException("expected a RESULT line of 6 words, found " + line);
    }
    return new Outcome(
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        LatencyHistogram.fromText(words[5]));
  }

  /** Clients that ran at the same time, seen as one. */
  public Outcome plus(Outcome other) {
    LatencyHistogram both = new LatencyHistogram();
    both.add(latency);
    both.add(other.latency);
    return new Outcome(
        operations + other.operations,
        failed + other.failed,
        Math.max(elapsedNanos, other.elapsedNanos),
        Math.max(longestGapNanos, other.longestGapNanos),
        both);
  }

  public double opsPerSecond() {
    return operations * 1e9 / elapsedNanos;
  }
}
