// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.report.Comparison;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import java.io.IOException;
import java.util.List;

/** One benchmark that {@code ./bench NAME} can run. */
public interface Bench {
  String name();

  /** What it measures, in one line for the list of benchmarks. */
  String purpose();

  /** The columns that set each row in relation to a yardstick; none where nothing is compared. */
  default List<Comparison> comparisons() {
    return List.of();
  }

  /** What is expected of Berth in it; none where nothing is. */
  default List<Mark> marks() {
    return List.of();
  }

  /** Measures; leaves no process and no file behind, also when it fails. */
  List<Row> run(BenchOptions options) throws IOException;
}
