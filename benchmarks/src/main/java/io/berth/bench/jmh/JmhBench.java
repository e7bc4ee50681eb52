// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import io.berth.bench.Bench;
import io.berth.bench.BenchOptions;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * {@code ./bench pieces [FILTER]}: runs the module's JMH benchmarks, all or those whose names
 * match, and reports time and bytes per operation.
 */
public final class JmhBench implements Bench {
  private static final String NANOS_PER_OP = "ns_per_op";
  private static final String DATA_PATH = "io.berth.bench.alloc.*";

  @Override
  public String name() {
    return "pieces";
  }

  @Override
  public String purpose() {
    return "JMH benchmarks of rings, frames, handles, arenas and audit chain, or those that match FILTER";
  }

  @Override
  public List<Comparison> comparisons() {
    return List.of(new Comparison(NANOS_PER_OP, AgronaRing.SYSTEM));
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    List<Row> rows = new ArrayList<>();
    // The data path has a benchmark of its own: alloc.
    for (RunResult result : JmhRun.of(options.filter(), DATA_PATH, options.repeats())) {
      rows.add(row(result));
    }
    return rows;
  }

  private static Row row(RunResult run) throws IOException {
    Map<String, Double> metrics = new LinkedHashMap<>();
    Result<?> primary = run.getPrimaryResult();
    metrics.put(NANOS_PER_OP, primary.getScore());
    double error = primary.getScoreError();
    if (!Double.isNaN(error)) {
      metrics.put("error_ns_per_op", error);
    }
    metrics.put("bytes_per_op", JmhRun.bytesPerOp(run));
    Piece piece = pieceOf(run.getParams().getBenchmark());
    return new Row(piece.system(), caseOf(piece, run.getParams()), metrics);
  }

  private static Piece pieceOf(String benchmark) throws IOException {
    String className = benchmark.substring(0, benchmark.lastIndexOf('.'));
    try {
      Piece piece = Class.forName(className).getAnnotation(Piece.class);
      if (piece == null) {
        throw new IOException("pieces: " + className + " does not say which piece it measures");
      }
      return piece;
    } catch (ClassNotFoundException cause) {
      throw new IOException("pieces: " + className + " ran but cannot be loaded", cause);
    }
  }

  /** For instance {@code ring, write then read one, payload bytes 64}. */
  private static String caseOf(Piece piece, BenchmarkParams params) {
    String benchmark = params.getBenchmark();
    StringBuilder text = new StringBuilder(piece.value());
    text.append(", ").append(words(benchmark.substring(benchmark.lastIndexOf('.') + 1)));
    for (String key : params.getParamsKeys()) {
      text.append(", ").append(words(key)).append(' ').append(params.getParam(key));
    }
    return text.toString();
  }

  private static String words(String camelCase) {
    return camelCase.replaceAll("(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
  }
}
