// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.load.Load;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.rings.Waits;
import io.berth.bench.system.SystemUnderTest;
import io.berth.bench.system.Yardsticks;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The benchmarks of the path client, relay, worker, relay, client. */
final class EchoBenches {
  private static final int WINDOW = 256;
  private static final String ONE = "64 B, 1 client";
  private static final String EIGHT = "64 B, 8 clients";
  private static final String EVERY_MILLISECOND = "1 per 1 ms";
  private static final String TEN_A_SECOND = "1 per 100 ms";
  private static final Load WARM_UP = Load.closedLoop(1500);
  private static final Load PIPELINED_WARM_UP = new Load(1500, WINDOW, 0);

  private EchoBenches() {}

  static Bench roundTrip() {
    return new StagedBench(
        "rtt",
        "64-byte echo, one client, closed loop",
        List.of(
            new Comparison("p50_us", Yardsticks.UNIX_SOCKET),
            new Comparison("p99_us", Yardsticks.UNIX_SOCKET),
            new Comparison("p50_us", Yardsticks.BARE_RINGS)),
        List.of(
            Mark.atMost(0.10, "p50_us / unix-socket", ratio("p50_us", Yardsticks.UNIX_SOCKET, ONE)),
            Mark.atMost(0.15, "p99_us / unix-socket", ratio("p99_us", Yardsticks.UNIX_SOCKET, ONE)),
            Mark.atMost(1.5, "p50_us / bare-rings", ratio("p50_us", Yardsticks.BARE_RINGS, ONE))),
        List.of(
            new StagedBench.Stage(
                EchoBenches::roundTripSystems,
                WARM_UP,
                List.of(new StagedBench.Case(ONE, Load.closedLoop(1000), 4)))));
  }

  static Bench throughput() {
    return new StagedBench(
        "throughput",
        "64-byte echo, 256 in flight per client, 1 and 8 clients",
        List.of(
            new Comparison("ops_per_s", Yardsticks.UNIX_SOCKET),
            new Comparison("ops_per_s", Yardsticks.BARE_RINGS)),
        List.of(
            Mark.atLeast(
                0.6,
                "ops_per_s / bare-rings, " + ONE,
                ratio("ops_per_s", Yardsticks.BARE_RINGS, ONE)),
            Mark.atLeast(
                0.6,
                "ops_per_s / bare-rings, " + EIGHT,
                ratio("ops_per_s", Yardsticks.BARE_RINGS, EIGHT))),
        List.of(pipelined(ONE, 1), pipelined(EIGHT, 8)));
  }

  static Bench cold() {
    return new ColdBench(
        new StagedBench(
            "cold",
            "64-byte echo, one request per 1 ms and per 100 ms; Berth idle with 100 silent clients",
            List.of(
                new Comparison("p50_us", Yardsticks.UNIX_SOCKET),
                new Comparison("p50_us", Yardsticks.BARE_BLOCKING)),
            List.of(
                Mark.atMost(
                    1.1,
                    "p50_us / unix-socket, " + EVERY_MILLISECOND,
                    ratio("p50_us", Yardsticks.UNIX_SOCKET, EVERY_MILLISECOND)),
                Mark.atMost(
                    1.1,
                    "p50_us / unix-socket, " + TEN_A_SECOND,
                    ratio("p50_us", Yardsticks.UNIX_SOCKET, TEN_A_SECOND))),
            List.of(
                new StagedBench.Stage(
                    EchoBenches::coldSystems,
                    WARM_UP,
                    List.of(
                        new StagedBench.Case(EVERY_MILLISECOND, paced(800, 1), 3),
                        new StagedBench.Case(TEN_A_SECOND, paced(2000, 100), 2))))));
  }

  private static Figure ratio(String metric, String yardstick, String caseName) {
    return Figure.of(BerthSystem.BERTH, caseName, metric)
        .over(Figure.of(yardstick, caseName, metric));
  }

  private static SystemUnderTest berth(int clients) throws IOException {
    RunningBroker broker = new RunningBroker("berth", BrokerConfig.echo());
    return BerthSystem.owning(BerthSystem.BERTH, broker, BerthClients.echo(broker, clients));
  }

  private static SystemUnderTest berthJava() throws IOException {
    RunningBroker broker = new RunningBroker("berth-java", BrokerConfig.echo());
    return BerthSystem.owning(BerthSystem.BERTH + "-java", broker, BerthClients.javaEcho(broker));
  }

  private static List<SystemUnderTest> roundTripSystems(BenchOptions options) throws IOException {
    return List.of(
        Yardsticks.unixSocket(Yardsticks.UNIX_SOCKET, Yardsticks.FASTEST_FOR_ONE_MESSAGE, 1),
        Yardsticks.rings(Yardsticks.BARE_RINGS, options.idle(), 1),
        berth(1),
        berthJava(),
        Yardsticks.aeron(Yardsticks.AERON_IPC, options.idle(), 1),
        Yardsticks.aeron(Yardsticks.AERON_IPC_BACKOFF, "backoff", 1));
  }

  private static StagedBench.Stage pipelined(String name, int clients) {
    return new StagedBench.Stage(
        options ->
            List.of(
                Yardsticks.unixSocket(
                    Yardsticks.UNIX_SOCKET, Yardsticks.FASTEST_FOR_BATCHES, clients),
                Yardsticks.rings(Yardsticks.BARE_RINGS, options.idle(), clients),
                berth(clients),
                Yardsticks.aeron(Yardsticks.AERON_IPC, options.idle(), clients)),
        PIPELINED_WARM_UP,
        List.of(new StagedBench.Case(name, new Load(800, WINDOW, 0), 3)));
  }

  private static List<SystemUnderTest> coldSystems(BenchOptions options) throws IOException {
    return List.of(
        Yardsticks.unixSocket(Yardsticks.UNIX_SOCKET, Yardsticks.FASTEST_FOR_ONE_MESSAGE, 1),
        Yardsticks.rings(Yardsticks.BARE_BLOCKING, Waits.BLOCK, 1),
        berth(1));
  }

  private static Load paced(long durationMillis, long intervalMillis) {
    return new Load(durationMillis, 1, TimeUnit.MILLISECONDS.toNanos(intervalMillis));
  }
}
