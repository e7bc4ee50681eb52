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
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.NativeProgram;
import io.berth.bench.system.ProcessSystem;
import io.berth.bench.system.SystemUnderTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sign}: SM2 signatures by the software card, one in flight per client. */
final class SignBench implements Bench {
  private static final String DIRECT = "direct";
  private static final String DIRECT_N = "direct-n";
  private static final List<CardModel> MODELS =
      List.of(CardModel.HARDWARE, CardModel.LOCKING_DRIVER, CardModel.ON_CPU);
  private static final List<Integer> CLIENTS = List.of(1, 4, 16);
  private static final Load WARM_UP = Load.closedLoop(100);

  /**
   * A broker and its workers are measured as they serve all day, not in the seconds after their
   * start, in which their virtual machines still interpret and compile: what that costs goes on for
   * some thousand signatures. The first device warms the broker for all.
   */
  private static Load brokerWarmUp(CardModel model) {
    return Load.closedLoop(CardModel.HARDWARE.equals(model) ? 9000 : 300);
  }

  private static final int BROKER_WARM_UP_CLIENTS = 4;
  private static final Load MEASURED = Load.closedLoop(320);

  /** More where there is a mark. */
  private static int rounds(CardModel model) {
    return CardModel.ON_CPU.equals(model) ? 1 : 2;
  }

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
  public List<Mark> marks() {
    List<Mark> marks = new ArrayList<>();
    for (int clients : List.of(4, 16)) {
      String name = caseName(CardModel.HARDWARE, clients);
      marks.add(Mark.atLeast(0.95, "ops_per_s / direct, " + name, ratio(DIRECT, name)));
    }
    for (int clients : List.of(4, 16)) {
      String name = caseName(CardModel.LOCKING_DRIVER, clients);
      marks.add(Mark.atLeast(1, "ops_per_s / direct-n, " + name, ratio(DIRECT_N, name)));
    }
    return marks;
  }

  private static Figure ratio(String yardstick, String caseName) {
    return Figure.of(BERTH, caseName, "ops_per_s")
        .over(Figure.of(yardstick, caseName, "ops_per_s"));
  }

  private static String caseName(CardModel model, int clients) {
    return clients + " × " + model.name();
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    // Each system has a card of its own: an exclusive card would refuse the other systems.
    Map<CardModel, SoftwareCard> cards = new LinkedHashMap<>();
    try (SoftwareCard single = new SoftwareCard(DIRECT);
        SoftwareCard shared = new SoftwareCard(DIRECT_N)) {
      BrokerConfig config = new BrokerConfig();
      for (CardModel model : MODELS) {
        SoftwareCard card = new SoftwareCard(BERTH);
        cards.put(model, card);
        config.withCard(device(model), card, model, Collections.max(CLIENTS));
      }
      try (RunningBroker broker = new RunningBroker(BERTH, config)) {
        List<StagedBench.Stage> stages = new ArrayList<>();
        for (CardModel model : MODELS) {
          stages.add(
              new StagedBench.Stage(
                  any -> List.of(berth(broker, model, BROKER_WARM_UP_CLIENTS)),
                  brokerWarmUp(model),
                  List.of()));
          for (int clients : CLIENTS) {
            stages.add(
                new StagedBench.Stage(
                    any ->
                        List.of(
                            direct(single, model, clients),
                            directEach(shared, model, clients),
                            berth(broker, model, clients)),
                    WARM_UP,
                    List.of(
                        new StagedBench.Case(caseName(model, clients), MEASURED, rounds(model)))));
          }
        }
        return new StagedBench(name(), purpose(), comparisons(), marks(), stages).run(options);
      }
    } finally {
      cards.values().forEach(SoftwareCard::close);
    }
  }

  /** The name of Berth's device for that model. */
  private static String device(CardModel model) {
    return "card-" + MODELS.indexOf(model);
  }

  private static SystemUnderTest berth(RunningBroker broker, CardModel model, int clients)
      throws IOException {
    return BerthSystem.sharing(BERTH, broker, BerthClients.sign(broker, device(model), clients));
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
        NativeProgram.named("sdf_load").toString(),
        SoftwareCard.library().toString(),
        "sm2-sign",
        Integer.toString(sessions));
  }
}
