// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.alloc;

import com.sun.management.ThreadMXBean;
import io.berth.bench.Bench;
import io.berth.bench.BenchOptions;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.jmh.JmhRun;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;

/**
 * {@code ./bench alloc}: bytes allocated and time taken per request on the data path, for each kind
 * of request. The bytes are the virtual machine's exact count for the one thread that does
 * everything, so that 0 means none; the median of several blocks, because the virtual machine
 * itself allocates now and then. Beside it what JMH's GC profiler finds for the same requests,
 * which divides all that its own virtual machine allocates meanwhile.
 */
public final class AllocBench implements Bench {
  private static final int WARM_UP_ROUNDS = 20_000;
  private static final int BLOCKS = 9;
  private static final int ROUNDS_PER_BLOCK = 2_000;
  private static final String BYTES_PER_OP = "bytes_per_op";

  @Override
  public String name() {
    return "alloc";
  }

  @Override
  public String purpose() {
    return "bytes that the broker's data path allocates per request";
  }

  @Override
  public List<Mark> marks() {
    List<Mark> marks = new ArrayList<>();
    for (RequestKind kind : RequestKind.values()) {
      marks.add(
          Mark.atMost(
              0,
              BYTES_PER_OP + ", " + kind.caseName,
              Figure.of(BerthSystem.BERTH, kind.caseName, BYTES_PER_OP)));
    }
    return marks;
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    Map<String, RunResult> byJmh = new HashMap<>();
    for (RunResult run : JmhRun.of(DataPathRequests.class.getName(), null, options.repeats())) {
      byJmh.put(run.getParams().getParam("kind"), run);
    }
    List<Row> rows = new ArrayList<>();
    for (RequestKind kind : RequestKind.values()) {
      try (DataPath path = new DataPath(kind)) {
        Map<String, Double> metrics = measure(path, ROUNDS_PER_BLOCK * options.repeats());
        RunResult run = byJmh.get(kind.name());
        metrics.put("jmh_ns_per_op", run.getPrimaryResult().getScore());
        metrics.put("jmh_bytes_per_op", JmhRun.bytesPerOp(run));
        rows.add(new Row(BerthSystem.BERTH, kind.caseName, metrics));
      }
    }
    return rows;
  }

  private static Map<String, Double> measure(DataPath path, int rounds) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      path.round();
    }
    long[] bytes = new long[BLOCKS];
    long[] nanos = new long[BLOCKS];
    for (int block = 0; block < BLOCKS; block++) {
      long bytesBefore = threads.getCurrentThreadAllocatedBytes();
      long begunNanos = System.nanoTime();
      for (int i = 0; i < rounds; i++) {
        path.round();
      }
      nanos[block] = System.nanoTime() - begunNanos;
      bytes[block] = threads.getCurrentThreadAllocatedBytes() - bytesBefore;
    }
    Arrays.sort(bytes);
    Arrays.sort(nanos);
    double requests = (double) rounds * DataPath.BATCH;
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("ns_per_op", nanos[BLOCKS / 2] / requests);
    metrics.put(BYTES_PER_OP, bytes[BLOCKS / 2] / requests);
    metrics.put("ops", BLOCKS * requests);
    return metrics;
  }
}
