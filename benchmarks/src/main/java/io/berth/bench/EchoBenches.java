// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.load.Load;
import io.berth.bench.report.Comparison;
import io.berth.bench.rings.Waits;
import io.berth.bench.system.SystemUnderTest;
import io.berth.bench.system.Yardsticks;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The benchmarks of the path client, relay, worker, relay, client.
 *
 * <p>Berth's own rows join by one more system in each list below.
 */
final class EchoBenches {
  private static final int WINDOW = 256;
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
            new StagedBench.Stage(
                EchoBenches::roundTripSystems,
                WARM_UP,
                List.of(new StagedBench.Case("64 B, 1 client", Load.closedLoop(1000), 5)))));
  }

  static Bench throughput() {
    return new StagedBench(
        "throughput",
        "64-byte echo, 256 in flight per client, 1 and 8 clients",
        List.of(
            new Comparison("ops_per_s", Yardsticks.UNIX_SOCKET),
            new Comparison("ops_per_s", Yardsticks.BARE_RINGS)),
        List.of(pipelined(1), pipelined(8)));
  }

  static Bench cold() {
    return new StagedBench(
        "cold",
        "64-byte echo, one request per 1 ms and per 100 ms",
        List.of(
            new Comparison("p50_us", Yardsticks.UNIX_SOCKET),
            new Comparison("p50_us", Yardsticks.BARE_BLOCKING)),
        List.of(
            new StagedBench.Stage(
                EchoBenches::coldSystems,
                WARM_UP,
                List.of(
                    new StagedBench.Case("1 per 1 ms", paced(1000, 1), 3),
                    new StagedBench.Case("1 per 100 ms", paced(2500, 100), 3)))));
  }

  private static List<SystemUnderTest> roundTripSystems(BenchOptions options) throws IOException {
    return List.of(
        Yardsticks.unixSocket(Yardsticks.UNIX_SOCKET, Yardsticks.FASTEST_FOR_ONE_MESSAGE, 1),
        Yardsticks.rings(Yardsticks.BARE_RINGS, options.idle(), 1),
        Yardsticks.aeron(Yardsticks.AERON_IPC, options.idle(), 1),
        Yardsticks.aeron(Yardsticks.AERON_IPC_BACKOFF, "backoff", 1));
  }

  private static StagedBench.Stage pipelined(int clients) {
    String name = "64 B, " + clients + (clients == 1 ? " client" : " clients");
    return new StagedBench.Stage(
        options ->
            List.of(
                Yardsticks.unixSocket(
                    Yardsticks.UNIX_SOCKET, Yardsticks.FASTEST_FOR_BATCHES, clients),
                Yardsticks.rings(Yardsticks.BARE_RINGS, options.idle(), clients),
                Yardsticks.aeron(Yardsticks.AERON_IPC, options.idle(), clients)),
        PIPELINED_WARM_UP,
        List.of(new StagedBench.Case(name, new Load(800, WINDOW, 0), 3)));
  }

  private static List<SystemUnderTest> coldSystems(BenchOptions options) throws IOException {
    return List.of(
        Yardsticks.unixSocket(Yardsticks.UNIX_SOCKET, Yardsticks.FASTEST_FOR_ONE_MESSAGE, 1),
        Yardsticks.rings(Yardsticks.BARE_BLOCKING, Waits.BLOCK, 1));
  }

  private static Load paced(long durationMillis, long intervalMillis) {
    return new Load(durationMillis, 1, TimeUnit.MILLISECONDS.toNanos(intervalMillis));
  }
}
