// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.alloc.AllocBench;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.jmh.JmhBench;
import io.berth.bench.process.RoleMain;
import io.berth.bench.process.Scratch;
import io.berth.bench.report.MachineFacts;
import io.berth.bench.report.Markdown;
import io.berth.bench.report.Report;
import io.berth.bench.report.Row;
import io.berth.bench.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Runs one benchmark or all: {@code ./bench NAME|all [FILTER] [--json FILE] [--json-dir DIR]
 * [--markdown FILE] [--long] [--idle HOW]}.
 */
public final class BenchMain {
  private static final List<Bench> BENCHES =
      List.of(
          EchoBenches.roundTrip(),
          EchoBenches.throughput(),
          EchoBenches.cold(),
          new FaninBench(),
          new TensorBench(),
          new SignBench(),
          new HsmBench(),
          new RecoveryBench(),
          new FootprintBench(),
          new AllocBench(),
          new JmhBench());

  private BenchMain() {}

  /** Exit status 0 when the benchmark ran, 1 when it failed, 2 when the arguments are wrong. */
  public static void main(String[] args) throws IOException {
    if (args.length > 0 && args[0].equals(RoleMain.SUBCOMMAND)) {
      RoleMain.run(Arrays.copyOfRange(args, 1, args.length));
      return;
    }
    BenchOptions options;
    List<Bench> benches;
    try {
      options = BenchOptions.parse(args);
      benches = options.name().equals(BenchOptions.ALL) ? BENCHES : List.of(named(options.name()));
    } catch (IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage());
      System.err.println(usage());
      System.exit(2);
      return;
    }
    boolean allRan = true;
    Markdown markdown = null;
    for (Bench bench : benches) {
      try {
        Report report = run(bench, options);
        if (markdown == null) {
          markdown = new Markdown(report.machine());
        }
        markdown.add(report, bench.comparisons());
      } catch (IOException failed) {
        // The others still run: a report that lacks one benchmark is worth more than none.
        System.err.println("bench " + bench.name() + ": " + failed.getMessage());
        allRan = false;
      }
    }
    if (markdown != null && options.markdown().isPresent()) {
      Files.writeString(options.markdown().get(), markdown.toString());
    }
    if (!allRan) {
      System.exit(1);
    }
  }

  private static Report run(Bench bench, BenchOptions options) throws IOException {
    Scratch.removeAbandoned();
    Map<String, Object> machine = MachineFacts.read(options.idle());
    List<Row> rows = bench.run(options);
    RunningBroker.yieldMicros().ifPresent(micros -> machine.put("berth_yield_us", micros));
    Report report =
        new Report(
            bench.name(),
            machine,
            rows,
            bench.marks().stream().map(mark -> mark.judge(rows)).toList());
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.print(
        (options.name().equals(BenchOptions.ALL) ? "\n==== " + bench.name() + "\n" : "")
            + new Table(report, bench.comparisons()));
    if (options.json().isPresent()) {
      report.writeJson(options.json().get());
    }
    if (options.jsonDirectory().isPresent()) {
      Files.createDirectories(options.jsonDirectory().get());
      report.writeJson(options.jsonDirectory().get().resolve(bench.name() + ".json"));
    }
    return report;
  }

  private static Bench named(String name) {
    return BENCHES.stream()
        .filter(bench -> bench.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("bench: there is no " + name));
  }

  private static String usage() {
    StringBuilder usage =
        new StringBuilder(
            "usage: ./bench NAME|all [FILTER] [--json FILE] [--json-dir DIR] [--markdown FILE] [--long]"
                + " [--idle yield|spin|backoff]\n");
    for (Bench bench : BENCHES) {
      usage.append(String.format("  %-12s %s%n", bench.name(), bench.purpose()));
    }
    return usage.toString().stripTrailing();
  }
}
