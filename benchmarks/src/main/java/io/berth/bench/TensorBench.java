// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import static io.berth.bench.broker.BerthSystem.BERTH;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.load.Load;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.Round;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * {@code tensor}: a block of memory handed over by reference, of which the worker reads every page.
 * The latency is the transport alone, there and back: what passed on the client's clock, less what
 * the worker worked by the stamps of the request's stages.
 */
final class TensorBench implements Bench {
  private static final Map<String, Long> BLOCK_BYTES = new LinkedHashMap<>();
  private static final Load WARM_UP = Load.closedLoop(1000);
  private static final Load MEASURED = Load.closedLoop(1000);
  private static final int ROUNDS = 4;

  static {
    BLOCK_BYTES.put("4 KiB", 4L << 10);
    BLOCK_BYTES.put("64 KiB", 64L << 10);
    BLOCK_BYTES.put("1 MiB", 1L << 20);
    BLOCK_BYTES.put("16 MiB", 16L << 20);
    BLOCK_BYTES.put("64 MiB", 64L << 20);
  }

  @Override
  public String name() {
    return "tensor";
  }

  @Override
  public String purpose() {
    return "a block of 4 KiB to 64 MiB by reference, transport time without the worker's work";
  }

  @Override
  public List<Mark> marks() {
    return List.of(
        Mark.atMost(1.2, "p50_us of the transport, slowest / fastest size", TensorBench::spread));
  }

  private static OptionalDouble spread(List<Row> rows) {
    ToDoubleFunction<Row> p50 = row -> row.metrics().get("p50_us");
    DoubleStream slowest = rows.stream().mapToDouble(p50);
    OptionalDouble fastest = rows.stream().mapToDouble(p50).min();
    return rows.size() < BLOCK_BYTES.size()
        ? OptionalDouble.empty()
        : OptionalDouble.of(slowest.max().orElseThrow() / fastest.orElseThrow());
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    Map<String, BerthSystem> systems = new LinkedHashMap<>();
    try (RunningBroker broker = new RunningBroker("tensor", BrokerConfig.echo())) {
      try {
        for (Map.Entry<String, Long> size : BLOCK_BYTES.entrySet()) {
          BerthSystem berth =
              BerthSystem.sharing(BERTH, broker, BerthClients.touch(broker, size.getValue()));
          systems.put(size.getKey(), berth);
          berth.start();
          berth.run(WARM_UP);
        }
        return measure(systems, ROUNDS * options.repeats());
      } finally {
        systems.values().forEach(BerthSystem::close);
      }
    }
  }

  private static List<Row> measure(Map<String, BerthSystem> systems, int rounds)
      throws IOException {
    Map<String, List<Round>> results = new LinkedHashMap<>();
    for (int i = 0; i < rounds; i++) {
      for (Map.Entry<String, BerthSystem> system : systems.entrySet()) {
        Round round = system.getValue().run(MEASURED);
        results.computeIfAbsent(system.getKey(), any -> new ArrayList<>()).add(round);
      }
    }
    List<Row> rows = new ArrayList<>();
    results.forEach((size, of) -> rows.add(Row.ofRounds(BERTH, size, of)));
    return rows;
  }
}
