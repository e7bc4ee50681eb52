// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a report for people. */
public final class Table {
  private static final String NOT_MEASURED = "-";

  private final Report report;
  private final List<Comparison> comparisons;

  public Table(Report report, List<Comparison> comparisons) {
    this.report = report;
    this.comparisons = comparisons;
  }

  @Override
  public String toString() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(heading());
    for (Row row : report.rows()) {
      lines.add(line(row));
    }
    StringBuilder text = new StringBuilder();
    report
        .machine()
        .forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
    text.append('\n');
    int[] widths = widths(lines);
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        String format = i < 2 ? "%-" + widths[i] + "s  " : "%" + widths[i] + "s  ";
        text.append(String.format(Locale.ROOT, format, line.get(i)));
      }
      text.setLength(text.toString().stripTrailing().length());
      text.append('\n');
    }
    return text.toString();
  }

  private List<String> heading() {
    List<String> heading =
        new ArrayList<>(
            List.of(
                "system",
                "case",
                "p50 µs",
                "(rounds)",
                "p99 µs",
                "p99.9 µs",
                "ops/s",
                "CPU ns/op",
                "PSS MB",
                "failed"));
    for (Comparison comparison : comparisons) {
      heading.add(comparison.metric() + " / " + comparison.yardstick());
    }
    return heading;
  }

  private List<String> line(Row row) {
    List<String> line = new ArrayList<>(List.of(row.system(), row.caseName()));
    line.add(number(row, "p50_us"));
    line.add(number(row, "p50_min_us") + "–" + number(row, "p50_max_us"));
    for (String metric :
        List.of("p99_us", "p999_us", "ops_per_s", "cpu_ns_per_op", "pss_mb", "failed_ops")) {
      line.add(number(row, metric));
    }
    for (Comparison comparison : comparisons) {
      line.add(ratio(row, comparison));
    }
    return line;
  }

  private String ratio(Row row, Comparison comparison) {
    return report.rows().stream()
        .filter(other -> other.system().equals(comparison.yardstick()))
        .filter(other -> other.caseName().equals(row.caseName()))
        .filter(other -> other.metrics().containsKey(comparison.metric()))
        .filter(other -> row.metrics().containsKey(comparison.metric()))
        .findFirst()
        .map(
            other ->
                String.format(
                    Locale.ROOT,
                    "%.3f",
                    row.metrics().get(comparison.metric())
                        / other.metrics().get(comparison.metric())))
        .orElse(NOT_MEASURED);
  }

  private static String number(Row row, String metric) {
    Double value = row.metrics().get(metric);
    if (value == null || value.isNaN()) {
      return NOT_MEASURED;
    }
    if (value >= 1000 || value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
  }

  private static int[] widths(List<List<String>> lines) {
    int[] widths = new int[lines.get(0).size()];
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    return widths;
  }
}
