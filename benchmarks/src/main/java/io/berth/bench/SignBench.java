// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import io.berth.bench.card.CardModel;
import io.berth.bench.card.SoftwareCard;
import io.berth.bench.load.Load;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Row;
import io.berth.bench.system.NativeProgram;
import io.berth.bench.system.ProcessSystem;
import io.berth.bench.system.SystemUnderTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** {@code sign}: SM2 signatures by the software card, one in flight per client. */
final class SignBench implements Bench {
  private static final String DIRECT = "direct";
  private static final String DIRECT_N = "direct-n";
  private static final List<CardModel> MODELS =
      List.of(CardModel.HARDWARE, CardModel.LOCKING_DRIVER, CardModel.ON_CPU);
  private static final List<Integer> CLIENTS = List.of(1, 4, 16);
  private static final Load WARM_UP = Load.closedLoop(100);
  private static final Load MEASURED = Load.closedLoop(500);
  private static final int ROUNDS = 2;

  @Override
  public String name() {
    return "sign";
  }

  @Override
  public String purpose() {
    return "SM2 sign on the software card, 1, 4 and 16 signatures in flight";
  }

  @Override
  public List<Comparison> comparisons() {
    return List.of(new Comparison("ops_per_s", DIRECT), new Comparison("ops_per_s", DIRECT_N));
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    // Each system has a card of its own: an exclusive card would refuse the other systems.
    try (SoftwareCard single = new SoftwareCard(DIRECT);
        SoftwareCard shared = new SoftwareCard(DIRECT_N)) {
      List<StagedBench.Stage> stages = new ArrayList<>();
      for (CardModel model : MODELS) {
        for (int clients : CLIENTS) {
          stages.add(
              new StagedBench.Stage(
                  any ->
                      List.of(direct(single, model, clients), directEach(shared, model, clients)),
                  WARM_UP,
                  List.of(new StagedBench.Case(clients + " × " + model.name(), MEASURED, ROUNDS))));
        }
      }
      return new StagedBench(name(), purpose(), comparisons(), marks(), stages).run(options);
    }
  }

  /** One process that holds the card alone, with a session and a thread per signature in flight. */
  private static SystemUnderTest direct(SoftwareCard card, CardModel model, int sessions)
      throws IOException {
    return new ProcessSystem(
        new ProcessSystem.Plan(
            DIRECT, card.environment(model, true), List.of(), List.of(signDirect(sessions)), false),
        () -> {});
  }

  /** As many processes as signatures in flight, each opening the card for itself. */
  private static SystemUnderTest directEach(SoftwareCard card, CardModel model, int processes)
      throws IOException {
    return new ProcessSystem(
        new ProcessSystem.Plan(
            DIRECT_N,
            card.environment(model, false),
            List.of(),
            Collections.nCopies(processes, signDirect(1)),
            false),
        () -> {});
  }

  private static List<String> signDirect(int sessions) throws IOException {
    return List.of(
        NativeProgram.named("sign_direct").toString(),
        SoftwareCard.library().toString(),
        Integer.toString(SoftwareCard.KEY_INDEX),
        Integer.toString(sessions));
  }
}
