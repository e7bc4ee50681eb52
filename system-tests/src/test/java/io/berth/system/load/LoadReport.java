// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import java.util.Map;
import java.util.TreeMap;

/**
 * How the requests of a client process ended.
 *
 * @param ends how many by {@code STATUS/REASON}
 * @param longestGapMillis the longest time between two answers
 */
public record LoadReport(
    long submitted,
    long ended,
    long ok,
    long wrong,
    double longestGapMillis,
    Map<String, Long> ends,
    String text) {

  /** Of the lines that a client printed, Java's or C's. */
  static LoadReport parse(String output) {
    Map<String, Long> ends = new TreeMap<>();
    Map<String, String> totals = Map.of();
    for (String line : (Iterable<String>) output.lines()::iterator) {
      if (line.startsWith("submitted=")) {
        totals = fields(line);
      } else if (line.startsWith("status=")) {
        Map<String, String> end = fields(line);
        ends.merge(
            end.get("status") + "/" + end.get("reason"), Long.valueOf(end.get("count")), Long::sum);
      }
    }
    if (totals.isEmpty()) {
      throw new AssertionError("the client printed no result:\n" + output);
    }
    return new LoadReport(
        Long.parseLong(totals.get("submitted")),
        Long.parseLong(totals.get("ended")),
        Long.parseLong(totals.get("ok")),
        Long.parseLong(totals.get("wrong")),
        Double.parseDouble(totals.get("longest_gap_ms")),
        ends,
        output);
  }

  private static Map<String, String> fields(String line) {
    Map<String, String> fields = new TreeMap<>();
    for (String word : line.split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        fields.putIfAbsent(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return fields;
  }

  /** How many ended so; {@code end} as in {@link #ends}. */
  public long count(String end) {
    return ends.getOrDefault(end, 0L);
  }

  /** Each request ended once, and no answer was another's. */
  public LoadReport requireEachEndedOnceAndRight() {
    return requireEachEndedOnce(0);
  }

  /** Each request ended once, and no more answers than this were wrong. */
  public LoadReport requireEachEndedOnce(int wrongAtMost) {
    if (submitted != ended || wrong > wrongAtMost || submitted == 0) {
      throw new AssertionError("lost, doubled or wrong answers:\n" + text);
    }
    return this;
  }

  /** As above, and every one of them was answered. */
  public LoadReport requireAllAnswered() {
    requireEachEndedOnceAndRight();
    if (ok != submitted) {
      throw new AssertionError("not all requests were answered:\n" + text);
    }
    return this;
  }

  /** As above, and the others ended in one of these ways. */
  public LoadReport requireOnly(String... allowed) {
    requireEachEndedOnceAndRight();
    long told = ok;
    for (String end : allowed) {
      told += count(end);
    }
    if (told != submitted) {
      throw new AssertionError("other ends than " + String.join(", ", allowed) + ":\n" + text);
    }
    return this;
  }
}
