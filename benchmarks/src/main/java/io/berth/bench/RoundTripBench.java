// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.load.Load;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Row;
import io.berth.bench.system.InterleavedRounds;
import io.berth.bench.system.SystemUnderTest;
import io.berth.bench.system.Yardsticks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code rtt}: one client, one 64-byte request at a time. */
final class RoundTripBench implements Bench {
  private static final String CASE = "64 B, 1 client";
  private static final Load WARM_UP = Load.closedLoop(1500);
  private static final Load MEASURED = Load.closedLoop(1000);
  private static final int ROUNDS = 5;

  @Override
  public String name() {
    return "rtt";
  }

  @Override
  public String purpose() {
    return "64-byte echo, one client, closed loop: client, relay, worker, relay, client";
  }

  @Override
  public List<Comparison> comparisons() {
    return List.of(
        new Comparison("p50_us", Yardsticks.UNIX_SOCKET),
        new Comparison("p99_us", Yardsticks.UNIX_SOCKET),
        new Comparison("p50_us", Yardsticks.BARE_RINGS));
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    List<SystemUnderTest> systems =
        List.of(
            Yardsticks.unixSocket(Yardsticks.UNIX_SOCKET, "stream", 1),
            Yardsticks.unixSocket("unix-seqpacket", "seqpacket", 1),
            Yardsticks.rings(Yardsticks.BARE_RINGS, options.idle(), 1),
            Yardsticks.aeron(Yardsticks.AERON_IPC, options.idle(), 1),
            Yardsticks.aeron("aeron-ipc-backoff", "backoff", 1));
    List<Row> rows = new ArrayList<>();
    try (InterleavedRounds rounds = new InterleavedRounds(systems)) {
      rounds.start(WARM_UP);
      rounds
          .run(MEASURED, ROUNDS * options.repeats())
          .forEach((system, results) -> rows.add(Row.ofRounds(system, CASE, results)));
    }
    return rows;
  }
}
