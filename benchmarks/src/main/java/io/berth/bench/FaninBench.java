// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import static io.berth.bench.broker.BerthSystem.BERTH;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.load.Load;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.Round;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code fanin}: what many sessions cost. One broker per number of sessions, all alive at once and
 * measured in turns; the first client process has one session, the others share the rest.
 */
final class FaninBench implements Bench {
  private static final List<Integer> SESSIONS = List.of(1, 10, 100, 1000);
  private static final int PROCESSES = 8;
  private static final int REQUESTS_IN_ALL = 1000;
  private static final int LARGEST_WINDOW = 256;
  private static final int ROUNDS = 3;
  private static final long WARM_UP_MILLIS = 1000;
  private static final long ROUND_MILLIS = 700;

  /** What the sessions do. */
  private enum Busy {
    ONE("1 of %d busy"),
    ALL("%d busy, 1 in flight each"),
    ALL_FULL("%d busy, " + REQUESTS_IN_ALL + " in flight in all");

    private final String caseName;

    Busy(String caseName) {
      this.caseName = caseName;
    }

    String caseName(int sessions) {
      return String.format(caseName, sessions);
    }

    Load load(int sessions, long millis) {
      int window =
          this == ALL_FULL ? Math.min(LARGEST_WINDOW, Math.max(1, REQUESTS_IN_ALL / sessions)) : 1;
      return new Load(millis, window, 0);
    }
  }

  @Override
  public String name() {
    return "fanin";
  }

  @Override
  public String purpose() {
    return "64-byte echo, 1 to 1 000 sessions over at most 8 processes, one busy and all busy";
  }

  @Override
  public List<Mark> marks() {
    return List.of(
        Mark.atMost(
            1.1,
            "p50_us, 1 of 1000 busy / 1 of 1 busy",
            figure(Busy.ONE, 1000, "p50_us").over(figure(Busy.ONE, 1, "p50_us"))),
        Mark.atLeast(
            0.9,
            "ops_per_s, 1 in flight each, 1000 busy / 10 busy",
            figure(Busy.ALL, 1000, "ops_per_s").over(figure(Busy.ALL, 10, "ops_per_s"))),
        Mark.atLeast(
            0.9,
            "ops_per_s, 1000 in flight in all, 1000 busy / 10 busy",
            figure(Busy.ALL_FULL, 1000, "ops_per_s").over(figure(Busy.ALL_FULL, 10, "ops_per_s"))));
  }

  private static Figure figure(Busy busy, int sessions, String metric) {
    return Figure.of(BERTH, busy.caseName(sessions), metric);
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    Map<Integer, BerthSystem> systems = new LinkedHashMap<>();
    try {
      for (int sessions : SESSIONS) {
        RunningBroker broker = new RunningBroker("fanin-" + sessions, BrokerConfig.echo());
        List<List<String>> clients = new ArrayList<>(BerthClients.echo(broker, 1));
        clients.addAll(BerthClients.echoSpread(broker, sessions - 1, PROCESSES - 1));
        BerthSystem berth = BerthSystem.owning(BERTH, broker, clients);
        systems.put(sessions, berth);
        berth.start();
        berth.run(Busy.ALL_FULL.load(sessions, WARM_UP_MILLIS));
      }
      List<Row> rows = new ArrayList<>();
      for (Busy busy : Busy.values()) {
        rows.addAll(measure(systems, busy, ROUNDS * options.repeats()));
      }
      return rows;
    } finally {
      systems.values().forEach(BerthSystem::close);
    }
  }

  private static List<Row> measure(Map<Integer, BerthSystem> systems, Busy busy, int rounds)
      throws IOException {
    Map<Integer, List<Round>> results = new LinkedHashMap<>();
    for (int i = 0; i < rounds; i++) {
      for (Map.Entry<Integer, BerthSystem> system : systems.entrySet()) {
        int sessions = system.getKey();
        BerthSystem berth = system.getValue();
        berth.setBusyClients(busy == Busy.ONE ? 1 : berth.clientProcesses());
        Round round = berth.run(busy.load(sessions, ROUND_MILLIS));
        results.computeIfAbsent(sessions, any -> new ArrayList<>()).add(round);
      }
    }
    List<Row> rows = new ArrayList<>();
    results.forEach((sessions, of) -> rows.add(Row.ofRounds(BERTH, busy.caseName(sessions), of)));
    return rows;
  }
}
