// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.load.Load;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.InterleavedRounds;
import io.berth.bench.system.SystemUnderTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A benchmark whose systems all echo 64 bytes; it differs from others in the systems and in the
 * loads.
 */
record StagedBench(
    String name, String purpose, List<Comparison> comparisons, List<Mark> marks, List<Stage> stages)
    implements Bench {

  /** Systems that are alive at the same time, and what is asked of them one after the other. */
  record Stage(Systems systems, Load warmUp, List<Case> cases) {}

  /** One load, with the name under which its rows appear. */
  record Case(String name, Load load, int rounds) {}

  /** Makes the systems of a stage when its turn has come. */
  @FunctionalInterface
  interface Systems {
    List<SystemUnderTest> create(BenchOptions options) throws IOException;
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (Stage stage : stages) {
      List<Case> selected =
          stage.cases().stream().filter(one -> options.selects(one.name())).toList();
      if (selected.isEmpty() && !stage.cases().isEmpty()) {
        continue;
      }
      try (InterleavedRounds rounds = new InterleavedRounds(stage.systems().create(options))) {
        rounds.start(stage.warmUp());
        for (Case one : selected) {
          rounds
              .run(one.load(), one.rounds() * options.repeats())
              .forEach((system, results) -> rows.add(Row.ofRounds(system, one.name(), results)));
        }
      }
    }
    return rows;
  }
}
