// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import io.berth.bench.Bench;
import io.berth.bench.BenchOptions;
import io.berth.bench.report.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the module's JMH benchmarks whose names match, with the GC profiler, and reports time and
 * bytes per operation. A benchmark class names its system in {@link SystemName}.
 */
public final class JmhBench implements Bench {
  private static final String BYTES_PER_OP = "gc.alloc.rate.norm";

  private final String name;
  private final String purpose;

  public JmhBench(String name, String purpose) {
    this.name = name;
    this.purpose = purpose;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String purpose() {
    return purpose;
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    Options jmh =
        new OptionsBuilder()
            .include(options.filter())
            .addProfiler(GCProfiler.class)
            .forks(1)
            .warmupIterations(2)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(3 * options.repeats())
            .measurementTime(TimeValue.seconds(1))
            .jvmArgsAppend(
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Dagrona.disable.bounds.checks=true",
                "-Dberth.native.dir=" + System.getProperty("berth.dist") + "/lib/native",
                "-XX:-UsePerfData")
            .shouldFailOnError(true)
            .build();
    try {
      List<Row> rows = new ArrayList<>();
      for (RunResult result : new Runner(jmh).run()) {
        rows.add(row(result));
      }
      if (rows.isEmpty()) {
        throw new IOException("jmh: no benchmark's name matches " + options.filter());
      }
      return rows;
    } catch (RunnerException cause) {
      throw new IOException("jmh: " + cause.getMessage(), cause);
    }
  }

  private static Row row(RunResult run) throws IOException {
    String benchmark = run.getParams().getBenchmark();
    int method = benchmark.lastIndexOf('.');
    Map<String, Double> metrics = new LinkedHashMap<>();
    Result<?> primary = run.getPrimaryResult();
    metrics.put("ns_per_op", primary.getScore());
    double error = primary.getScoreError();
    if (!Double.isNaN(error)) {
      metrics.put("error_ns_per_op", error);
    }
    metrics.put("bytes_per_op", run.getSecondaryResults().get(BYTES_PER_OP).getScore());
    return new Row(
        systemOf(benchmark.substring(0, method)), benchmark.substring(method + 1), metrics);
  }

  private static String systemOf(String className) throws IOException {
    try {
      SystemName system = Class.forName(className).getAnnotation(SystemName.class);
      return system == null ? className : system.value();
    } catch (ClassNotFoundException cause) {
      throw new IOException("jmh: " + className + " ran but cannot be loaded", cause);
    }
  }
}
