// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.Cost;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** {@code cold}: slow requests, and what Berth uses while nobody asks anything of it. */
record ColdBench(StagedBench requests) implements Bench {
  private static final int SILENT_CLIENTS = 100;
  private static final int CLIENT_PROCESSES = 4;
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final String CASE = SILENT_CLIENTS + " silent clients";
  private static final String METRIC = "idle_cpu_percent";

  @Override
  public String name() {
    return requests.name();
  }

  @Override
  public String purpose() {
    return requests.purpose();
  }

  @Override
  public List<Comparison> comparisons() {
    return requests.comparisons();
  }

  @Override
  public List<Mark> marks() {
    List<Mark> marks = new ArrayList<>(requests.marks());
    marks.add(Mark.atMost(1, METRIC + ", " + CASE, Figure.of(BerthSystem.BERTH, CASE, METRIC)));
    return marks;
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    List<Row> rows = new ArrayList<>(requests.run(options));
    rows.add(idle(options.repeats()));
    return rows;
  }

  private static Row idle(int repeats) throws IOException {
    RunningBroker broker = new RunningBroker("idle", BrokerConfig.echo());
    try (BerthSystem berth =
        BerthSystem.owning(
            BerthSystem.BERTH,
            broker,
            BerthClients.echoSpread(broker, SILENT_CLIENTS, CLIENT_PROCESSES))) {
      berth.start();
      sleep(SETTLE_NANOS);
      Map<String, List<Long>> pids = berth.processes();
      Cost cost = Cost.from(pids);
      long start = System.nanoTime();
      sleep(IDLE_NANOS * repeats);
      double elapsedNanos = System.nanoTime() - start;
      Map<String, Double> metrics = new LinkedHashMap<>();
      double berthPercent = 0;
      for (Map.Entry<String, Long> part : cost.cpuNanos().entrySet()) {
        double percent = 100 * part.getValue() / elapsedNanos;
        metrics.put(part.getKey() + "_" + METRIC, percent);
        // The clients' processes are the applications'; they are told beside.
        berthPercent += part.getKey().equals("client") ? 0 : percent;
      }
      metrics.put(METRIC, berthPercent);
      metrics.put("seconds", elapsedNanos / 1e9);
      return new Row(BerthSystem.BERTH, CASE, metrics);
    }
  }

  private static void sleep(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
