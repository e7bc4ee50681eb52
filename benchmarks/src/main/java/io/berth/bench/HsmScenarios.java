// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import static io.berth.bench.broker.BerthSystem.BERTH;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.card.CardModel;
import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.Clients;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What happens on a card beside a client that is measured: its worker dies, others saturate it. */
final class HsmScenarios {
  static final String KILLS = "sm2-sign/4, kill -9 of the worker each second";
  private static final int KILL_COUNT = 4;
  private static final long SECOND_MILLIS = 1000;

  static final String INTERACTIVE =
      "sm2-sign, one interactive client beside 16 bulk clients, " + CardModel.HARDWARE.name();
  private static final int BULK_CLIENTS = 16;
  private static final double SLICE_MICROS = 1000;

  private HsmScenarios() {}

  static List<Mark> marks() {
    return List.of(
        Mark.atMost(0, "failed_ops, " + KILLS, Figure.of(BERTH, KILLS, "failed_ops")),
        Mark.atMost(500, "longest_gap_ms, " + KILLS, Figure.of(BERTH, KILLS, "longest_gap_ms")),
        Mark.atMost(
            2,
            "p99_us / (service time + one slice), " + INTERACTIVE,
            Figure.of(BERTH, INTERACTIVE, "p99_us")
                .over(Figure.constant(CardModel.SERVICE_MICROS + SLICE_MICROS))));
  }

  /** Programs that sign while the worker is killed every second; none of their calls may fail. */
  static Row killedWorker(RunningBroker broker, String resource, BerthSystem signing)
      throws IOException {
    try (signing) {
      signing.start();
      signing.run(Load.closedLoop(SECOND_MILLIS));
      Clients.Running running = signing.begin(Load.closedLoop((KILL_COUNT + 1) * SECOND_MILLIS));
      int killed = 0;
      sleep(SECOND_MILLIS / 2);
      for (int i = 0; i < KILL_COUNT; i++) {
        killed += broker.killWorker(resource) ? 1 : 0;
        sleep(SECOND_MILLIS);
      }
      Map<String, Double> metrics = metrics(running.awaitOutcome());
      metrics.put("times", (double) killed);
      return new Row(BERTH, KILLS, metrics);
    }
  }

  /** One client with the card's most urgent class while others have more to do than it can. */
  static Row interactiveBesideBulk(RunningBroker broker, String card) throws IOException {
    try (BerthSystem bulk =
            BerthSystem.sharing(
                BERTH, broker, BerthClients.signInBulk(broker, card, BULK_CLIENTS));
        BerthSystem interactive =
            BerthSystem.sharing(BERTH, broker, BerthClients.sign(broker, card, 1))) {
      bulk.start();
      interactive.start();
      interactive.run(Load.closedLoop(SECOND_MILLIS));
      Clients.Running saturating = bulk.begin(Load.closedLoop(4 * SECOND_MILLIS));
      sleep(SECOND_MILLIS / 2);
      Outcome measured = interactive.begin(Load.closedLoop(3 * SECOND_MILLIS)).awaitOutcome();
      Outcome beside = saturating.awaitOutcome();
      Map<String, Double> metrics = metrics(measured);
      metrics.put("bulk_ops_per_s", beside.opsPerSecond());
      metrics.put("failed_ops", (double) measured.failed() + beside.failed());
      return new Row(BERTH, INTERACTIVE, metrics);
    }
  }

  private static Map<String, Double> metrics(Outcome outcome) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("p50_us", outcome.latency().quantileNanos(0.50) / 1e3);
    metrics.put("p99_us", outcome.latency().quantileNanos(0.99) / 1e3);
    metrics.put("p999_us", outcome.latency().quantileNanos(0.999) / 1e3);
    metrics.put("longest_gap_ms", outcome.longestGapNanos() / 1e6);
    metrics.put("ops_per_s", outcome.opsPerSecond());
    metrics.put("ops", (double) outcome.operations());
    metrics.put("failed_ops", (double) outcome.failed());
    return metrics;
  }

  private static void sleep(long millis) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
