// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reports as Markdown, to be pasted into docs/BENCHMARKS.md. */
public final class Markdown {
  private final StringBuilder text = new StringBuilder();

  /** Starts with the machine, which is the same for all reports of a run. */
  public Markdown(Map<String, Object> machine) {
    text.append("| machine | |\n|---|---|\n");
    machine.forEach((name, value) -> text.append(row(List.of(name, value.toString()))));
  }

  /** Appends one benchmark: its table, then its marks. */
  public void add(Report report, List<Comparison> comparisons) {
    text.append("\n### `")
        .append(report.bench())
        .append("` (load ")
        .append(report.machine().get(MachineFacts.LOAD))
        .append(")\n");
    List<List<String>> lines = new Table(report, comparisons).lines();
    text.append(row(lines.get(0)));
    text.append("|---".repeat(lines.get(0).size())).append("|\n");
    lines.stream().skip(1).forEach(line -> text.append(row(line)));
    if (!report.marks().isEmpty()) {
      text.append("\n| mark | measured | |\n|---|---|---|\n");
      for (Mark.Verdict verdict : report.marks()) {
        String measured = String.format(Locale.ROOT, "%.3f", verdict.measured());
        text.append(row(List.of(verdict.mark(), measured, verdict.verdict())));
      }
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }

  private static String row(List<String> cells) {
    return "| "
        + String.join(" | ", cells.stream().map(c -> c.replace("|", "\\|")).toList())
        + " |\n";
  }
}
