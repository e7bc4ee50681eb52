// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import static io.berth.bench.broker.BerthSystem.BERTH;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.Clients;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code recovery}: idempotent requests with a deadline of 5 s while the worker is killed every
 * second, while the broker is killed and started again, and during {@code berth reload}.
 */
final class RecoveryBench implements Bench {
  private static final int CLIENTS = 2;
  private static final int WINDOW = 16;
  private static final int KILLS = 5;
  private static final long SECOND_MILLIS = 1000;

  /** Long enough for a broker to start again on a busy machine, and for the client's pauses. */
  private static final long OUTAGE_MILLIS = 9_000;

  private static final String WORKER = "kill -9 of the worker each second";
  private static final String BROKER = "kill -9 of the broker";
  private static final String RELOAD = "berth reload";

  /** What happens while the load runs; says how often it happened. */
  @FunctionalInterface
  private interface Trouble {
    int make(RunningBroker broker) throws IOException;
  }

  @Override
  public String name() {
    return "recovery";
  }

  @Override
  public String purpose() {
    return "idempotent requests while worker or broker is killed, and during a reload";
  }

  @Override
  public List<Mark> marks() {
    return List.of(
        Mark.atMost(0, "failed_ops, " + WORKER, Figure.of(BERTH, WORKER, "failed_ops")),
        Mark.atMost(500, "longest_gap_ms, " + WORKER, Figure.of(BERTH, WORKER, "longest_gap_ms")),
        Mark.atMost(0, "failed_ops, " + BROKER, Figure.of(BERTH, BROKER, "failed_ops")),
        Mark.atMost(0, "failed_ops, " + RELOAD, Figure.of(BERTH, RELOAD, "failed_ops")),
        Mark.atMost(300, "longest_gap_ms, " + RELOAD, Figure.of(BERTH, RELOAD, "longest_gap_ms")));
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    List<Row> rows = new ArrayList<>();
    int kills = KILLS * options.repeats();
    rows.add(
        measure(
            WORKER, (kills + 1) * SECOND_MILLIS, broker -> killWorkerEachSecond(broker, kills)));
    rows.add(measure(BROKER, OUTAGE_MILLIS, RecoveryBench::killBroker));
    rows.add(measure(RELOAD, OUTAGE_MILLIS, RecoveryBench::reload));
    return rows;
  }

  private static Row measure(String caseName, long loadMillis, Trouble trouble) throws IOException {
    RunningBroker broker = new RunningBroker("recovery", BrokerConfig.echo());
    try (BerthSystem berth =
        BerthSystem.owning(BERTH, broker, BerthClients.echo(broker, CLIENTS))) {
      berth.start();
      berth.run(new Load(SECOND_MILLIS, WINDOW, 0));
      Clients.Running running = berth.begin(new Load(loadMillis, WINDOW, 0));
      sleep(SECOND_MILLIS / 2);
      int times = trouble.make(broker);
      Outcome outcome = running.awaitOutcome();
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put("failed_ops", (double) outcome.failed());
      metrics.put("longest_gap_ms", outcome.longestGapNanos() / 1e6);
      metrics.put("ops_per_s", outcome.opsPerSecond());
      metrics.put("ops", (double) outcome.operations());
      metrics.put("p99_us", outcome.latency().quantileNanos(0.99) / 1e3);
      metrics.put("times", (double) times);
      return new Row(BERTH, caseName, metrics);
    }
  }

  private static int killWorkerEachSecond(RunningBroker broker, int kills) throws IOException {
    int killed = 0;
    for (int i = 0; i < kills; i++) {
      if (broker.killWorker(BrokerConfig.ECHO)) {
        killed++;
      }
      sleep(SECOND_MILLIS);
    }
    return killed;
  }

  private static int killBroker(RunningBroker broker) throws IOException {
    broker.killAndRestart();
    return 1;
  }

  private static int reload(RunningBroker broker) throws IOException {
    broker.reload();
    return 1;
  }

  private static void sleep(long millis) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
