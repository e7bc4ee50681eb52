// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.alloc;

import io.berth.bench.Bench;
import io.berth.bench.BenchOptions;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.jmh.JmhBench;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import java.io.IOException;
import java.util.List;

/** {@code ./bench alloc}: bytes allocated and time taken per request on the data path. */
public final class AllocBench implements Bench {
  private static final String CASE = "data-path";

  @Override
  public String name() {
    return "alloc";
  }

  @Override
  public String purpose() {
    return "bytes that the broker's data path allocates per request";
  }

  /** The limit is not quite 0, as the profiler counts what the JVM itself allocates meanwhile. */
  @Override
  public List<Mark> marks() {
    return List.of(
        Mark.atMost(0.05, "bytes_per_op", Figure.of(BerthSystem.BERTH, CASE, "bytes_per_op")));
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    BenchOptions only = options.withFilter(DataPath.class.getName().replace(".", "\\."));
    return new JmhBench(name(), purpose())
        .run(only).stream().map(row -> new Row(row.system(), CASE, row.metrics())).toList();
  }
}
