// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What Berth is expected to reach. A mark is computed and printed, never asserted: a benchmark that
 * misses one has still measured.
 *
 * @param claim what is compared, such as {@code p50_us / unix-socket, 1 client}
 */
public record Mark(String claim, Figure figure, Bound bound, double limit) {
  /** Which side of the limit is good. */
  public enum Bound {
    AT_MOST("≤"),
    AT_LEAST("≥");

    private final String sign;

    Bound(String sign) {
      this.sign = sign;
    }

    boolean holds(double value, double limit) {
      return this == AT_MOST ? value <= limit : value >= limit;
    }
  }

  public static Mark atMost(double limit, String claim, Figure figure) {
    return new Mark(claim, figure, Bound.AT_MOST, limit);
  }

  public static Mark atLeast(double limit, String claim, Figure figure) {
    return new Mark(claim, figure, Bound.AT_LEAST, limit);
  }

  /**
   * How a mark came out.
   *
   * @param mark the claim with its limit
   * @param measured not a number when the run lacks the rows
   * @param verdict {@code met}, {@code not met} or {@code not measured}
   */
  public record Verdict(String mark, double measured, String verdict) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s: %.3f, %s", mark, measured, verdict);
    }
  }

  /** Looks the figure up and compares it. */
  public Verdict judge(List<Row> rows) {
    String text = String.format(Locale.ROOT, "%s %s %s", claim, bound.sign, plain(limit));
    OptionalDouble measured = figure.in(rows);
    if (measured.isEmpty() || Double.isNaN(measured.getAsDouble())) {
      return new Verdict(text, Double.NaN, "not measured");
    }
    double value = measured.getAsDouble();
    return new Verdict(text, value, bound.holds(value, limit) ? "met" : "not met");
  }

  private static String plain(double limit) {
    return limit == Math.rint(limit)
        ? String.format(Locale.ROOT, "%.0f", limit)
        : String.format(Locale.ROOT, "%.2f", limit);
  }
}
