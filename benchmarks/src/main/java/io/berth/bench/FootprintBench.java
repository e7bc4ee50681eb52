// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import static io.berth.bench.broker.BerthSystem.BERTH;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.card.CardModel;
import io.berth.bench.card.SoftwareCard;
import io.berth.bench.load.Load;
import io.berth.bench.process.ProportionalSetSize;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code footprint}: the memory of each of Berth's processes after echo load by 256 sessions,
 * blocks of 16 MiB by reference, and signatures, with the sessions still connected. Proportional
 * set size: what is shared is divided by those who share it.
 */
final class FootprintBench implements Bench {
  private static final int SESSIONS = 256;
  private static final int PROCESSES = 8;
  private static final int SIGNERS = 4;
  private static final long BLOCK_BYTES = 16L << 20;
  private static final long LOAD_MILLIS = 3000;
  private static final String CARD = "card";
  private static final String METRIC = "pss_mb";
  private static final String BROKER = "broker, " + SESSIONS + " sessions";
  private static final String ECHO_WORKER = "worker, echo";
  private static final String HSM_WORKER = "worker, hsm/sdf";
  private static final String JOURNAL = "journal";
  private static final String GUARD = "guard, the largest";

  @Override
  public String name() {
    return "footprint";
  }

  @Override
  public String purpose() {
    return "memory of each process after load, with 256 sessions";
  }

  @Override
  public List<Mark> marks() {
    return List.of(
        atMost(160, BROKER),
        atMost(100, ECHO_WORKER),
        atMost(100, HSM_WORKER),
        atMost(100, JOURNAL),
        atMost(2, GUARD));
  }

  private static Mark atMost(double megabytes, String process) {
    return Mark.atMost(megabytes, METRIC + ", " + process, Figure.of(BERTH, process, METRIC));
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    try (SoftwareCard card = new SoftwareCard(CARD)) {
      BrokerConfig config = BrokerConfig.echo().withCard(CARD, card, CardModel.ON_CPU, SIGNERS);
      RunningBroker broker = new RunningBroker("footprint", config);
      try (BerthSystem echo =
          BerthSystem.owning(BERTH, broker, BerthClients.echoSpread(broker, SESSIONS, PROCESSES))) {
        echo.start();
        echo.run(new Load(LOAD_MILLIS * options.repeats(), 4, 0));
        runAndEnd(BerthSystem.sharing(BERTH, broker, BerthClients.touch(broker, BLOCK_BYTES)));
        runAndEnd(BerthSystem.sharing(BERTH, broker, BerthClients.sign(broker, CARD, SIGNERS)));
        return rows(broker);
      }
    }
  }

  private static void runAndEnd(BerthSystem system) throws IOException {
    try (system) {
      system.start();
      system.run(Load.closedLoop(LOAD_MILLIS));
    }
  }

  private static List<Row> rows(RunningBroker broker) throws IOException {
    Map<String, List<Long>> pids = broker.processes();
    List<Row> rows = new ArrayList<>();
    rows.add(row(BROKER, pids.get("broker")));
    rows.add(row(ECHO_WORKER, List.of(broker.workerPid(BrokerConfig.ECHO))));
    rows.add(row(HSM_WORKER, List.of(broker.workerPid("hsm:" + CARD))));
    if (pids.containsKey("journal")) {
      rows.add(row(JOURNAL, pids.get("journal")));
    }
    double largest = 0;
    for (long guard : pids.get("guard")) {
      largest = Math.max(largest, megabytes(List.of(guard)));
    }
    rows.add(new Row(BERTH, GUARD, Map.of(METRIC, largest)));
    return rows;
  }

  private static Row row(String process, List<Long> pids) throws IOException {
    return new Row(BERTH, process, Map.of(METRIC, megabytes(pids)));
  }

  private static double megabytes(List<Long> pids) throws IOException {
    return ProportionalSetSize.kibibytes(pids) * 1024 / 1e6;
  }
}
