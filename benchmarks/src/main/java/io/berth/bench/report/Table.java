// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a report for people. */
public final class Table {
  private static final String NOT_MEASURED = "-";
  private static final List<Column> COLUMNS =
      List.of(
          new Column("p50 µs (rounds)", "p50_us", "p50_min_us", "p50_max_us"),
          new Column("p99 µs", "p99_us"),
          new Column("p99.9 µs", "p999_us"),
          new Column("ops/s (rounds)", "ops_per_s", "ops_min_per_s", "ops_max_per_s"),
          new Column("ns/op", "ns_per_op"),
          new Column("± ns/op", "error_ns_per_op"),
          new Column("B/op", "bytes_per_op"),
          new Column("CPU ns/op", "cpu_ns_per_op"),
          new Column("idle CPU %", "idle_cpu_percent"),
          new Column("broker", "broker_cpu_ns_per_op"),
          new Column("worker", "worker_cpu_ns_per_op"),
          new Column("client", "client_cpu_ns_per_op"),
          new Column("work p50 µs", "work_p50_us"),
          new Column("PSS MB", "pss_mb"),
          new Column("longest gap ms", "longest_gap_ms"),
          new Column("failed", "failed_ops"));

  private final Report report;
  private final List<Comparison> comparisons;
  private final List<Column> columns;

  public Table(Report report, List<Comparison> comparisons) {
    this.report = report;
    this.comparisons = comparisons;
    this.columns =
        COLUMNS.stream().filter(column -> report.rows().stream().anyMatch(column::isIn)).toList();
  }

  /** The heading and one line per row, cell by cell. */
  List<List<String>> lines() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(heading());
    for (Row row : report.rows()) {
      lines.add(line(row));
    }
    return lines;
  }

  @Override
  public String toString() {
    List<List<String>> lines = lines();
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
    if (!report.marks().isEmpty()) {
      text.append("\nmarks\n");
      report.marks().forEach(verdict -> text.append("  ").append(verdict).append('\n'));
    }
    return text.toString();
  }

  private List<String> heading() {
    List<String> heading = new ArrayList<>(List.of("system", "case"));
    for (Column column : columns) {
      heading.add(column.heading());
    }
    for (Comparison comparison : comparisons) {
      heading.add(comparison.metric() + " / " + comparison.yardstick());
    }
    return heading;
  }

  private List<String> line(Row row) {
    List<String> line = new ArrayList<>(List.of(row.system(), row.caseName()));
    for (Column column : columns) {
      line.add(column.value(row));
    }
    for (Comparison comparison : comparisons) {
      line.add(ratio(row, comparison));
    }
    return line;
  }

  /** A metric under a heading, with its extremes over the rounds when the row has them. */
  private record Column(String heading, String metric, String lowest, String highest) {
    Column(String heading, String metric) {
      this(heading, metric, "", "");
    }

    boolean isIn(Row row) {
      return row.metrics().containsKey(metric);
    }

    String value(Row row) {
      String value = number(row, metric);
      return row.metrics().containsKey(lowest)
          ? value + " (" + number(row, lowest) + "–" + number(row, highest) + ")"
          : value;
    }
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
    return String.format(
        Locale.ROOT, value >= 100 ? "%.0f" : value >= 0.1 ? "%.2f" : "%.4f", value);
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
