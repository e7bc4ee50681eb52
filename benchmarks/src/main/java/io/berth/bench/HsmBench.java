// SPDX-License-Identifier: Apache-2.0
package io.berth.bench;

import static io.berth.bench.broker.BerthSystem.BERTH;

import io.berth.bench.broker.BerthClients;
import io.berth.bench.broker.BerthSystem;
import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.bench.card.CardModel;
import io.berth.bench.card.SoftHsmToken;
import io.berth.bench.card.SoftwareCard;
import io.berth.bench.card.TokenServer;
import io.berth.bench.load.Load;
import io.berth.bench.report.Comparison;
import io.berth.bench.report.Figure;
import io.berth.bench.report.Mark;
import io.berth.bench.report.Row;
import io.berth.bench.system.NativeProgram;
import io.berth.bench.system.ProcessSystem;
import io.berth.bench.system.SystemUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * {@code hsm}: the same programs, which know nothing of Berth, on the card's own library and on
 * Berth's in its place.
 *
 * <p>{@code direct} is one process with a session for each request in flight, {@code direct-n} as
 * many processes with a session each, {@code p11-kit} those processes before p11-kit's server,
 * {@code berth} those processes with {@code libberth-pkcs11.so} or {@code libberth-sdf.so}.
 */
final class HsmBench implements Bench {
  private static final String DIRECT = "direct";
  private static final String DIRECT_N = "direct-n";
  private static final String P11_KIT = "p11-kit";

  private static final String TOKEN_DEVICE = "token";
  private static final String CARD_DEVICE = "card";
  private static final String SLOW_CARD_DEVICE = "slow-card";

  private static final List<String> TOKEN_OPERATIONS =
      List.of("p256-sign", "rsa2048-sign", "random-32");
  private static final List<String> CARD_OPERATIONS =
      List.of("sm2-sign", "sm2-verify", "sm4-cbc-1k", "sm4-cbc-64k", "sm3-64k");
  private static final String SIGN = "sm2-sign";
  private static final String SERVICE_TIME = ", 5 ms off-CPU, 4 channels";
  private static final List<Integer> CLIENTS = List.of(1, 4, 16);
  // Requests of one client and of several go different ways through a worker.
  private static final List<Integer> WARMING_CLIENTS = List.of(4, 1);
  private static final int LANES = 16;

  // With the one lane that is kept for interactive requests as many as the card has channels: one
  // more, and an interactive request would wait within the card, behind bulk ones.
  private static final int ORDINARY_LANES = CardModel.CHANNELS - 1;

  private static final Load WARM_UP = Load.closedLoop(100);
  private static final Load LONG_WARM_UP = Load.closedLoop(4000);
  private static final Load MEASURED = Load.closedLoop(300);
  private static final Load MEASURED_SLOW = Load.closedLoop(600);
  private static final int ROUNDS = 2;

  @Override
  public String name() {
    return "hsm";
  }

  @Override
  public String purpose() {
    return "cards and tokens by their own libraries, by p11-kit, and by Berth in their place";
  }

  @Override
  public List<Comparison> comparisons() {
    return List.of(
        new Comparison("ops_per_s", DIRECT),
        new Comparison("ops_per_s", DIRECT_N),
        new Comparison("ops_per_s", P11_KIT));
  }

  @Override
  public List<Mark> marks() {
    List<Mark> marks = new ArrayList<>();
    for (int clients : List.of(4, 16)) {
      String name = slowCase(clients);
      marks.add(Mark.atLeast(0.95, "ops_per_s / direct, " + name, rate(name, DIRECT)));
    }
    marks.add(
        Mark.atLeast(
            0.8, "ops_per_s / direct, p256-sign/4", rate(caseName("p256-sign", 4), DIRECT)));
    marks.add(
        Mark.atLeast(
            1.5, "ops_per_s / p11-kit, p256-sign/4", rate(caseName("p256-sign", 4), P11_KIT)));
    marks.add(
        Mark.atLeast(
            4, "ops_per_s / p11-kit, random-32/1", rate(caseName("random-32", 1), P11_KIT)));
    for (String operation : List.of("sm4-cbc-64k", "sm3-64k")) {
      String name = caseName(operation, 1);
      marks.add(Mark.atLeast(0.85, "ops_per_s / direct, " + name, rate(name, DIRECT)));
    }
    String sixteen = slowCase(16);
    marks.add(
        Mark.atMost(
            2,
            "p99_us / (service time × queue), " + sixteen,
            Figure.of(BERTH, sixteen, "p99_us")
                .over(Figure.constant(CardModel.SERVICE_MICROS * 16.0 / CardModel.CHANNELS))));
    marks.addAll(HsmScenarios.marks());
    return marks;
  }

  private static Figure rate(String caseName, String yardstick) {
    return Figure.of(BERTH, caseName, "ops_per_s")
        .over(Figure.of(yardstick, caseName, "ops_per_s"));
  }

  private static String caseName(String operation, int clients) {
    return operation + "/" + clients;
  }

  private static String slowCase(int clients) {
    return caseName(SIGN, clients) + SERVICE_TIME;
  }

  @Override
  public List<Row> run(BenchOptions options) throws IOException {
    // Each system has a card of its own: an exclusive card would refuse the other systems.
    try (SoftHsmToken token = new SoftHsmToken();
        SoftHsmToken served = new SoftHsmToken();
        TokenServer server = new TokenServer(served);
        SoftHsmToken owned = new SoftHsmToken();
        SoftwareCard single = new SoftwareCard(DIRECT);
        SoftwareCard shared = new SoftwareCard(DIRECT_N);
        SoftwareCard card = new SoftwareCard(CARD_DEVICE);
        SoftwareCard slowCard = new SoftwareCard(SLOW_CARD_DEVICE);
        RunningBroker broker =
            new RunningBroker(
                BERTH,
                new BrokerConfig()
                    .withToken(TOKEN_DEVICE, owned, LANES)
                    .withCard(CARD_DEVICE, card, CardModel.ON_CPU, LANES)
                    .withCard(SLOW_CARD_DEVICE, slowCard, CardModel.HARDWARE, ORDINARY_LANES))) {
      List<StagedBench.Stage> stages = new ArrayList<>();
      for (String operation : TOKEN_OPERATIONS) {
        if (selected(options, operation)) {
          for (int clients : WARMING_CLIENTS) {
            stages.add(warmUp(tokenByBerth(broker, operation, clients)));
          }
        }
        for (int clients : CLIENTS) {
          stages.add(
              stage(
                  caseName(operation, clients),
                  MEASURED,
                  () ->
                      List.of(
                          token(DIRECT, token, operation, 1, clients),
                          token(DIRECT_N, token, operation, clients, 1),
                          tokenByServer(server, served, operation, clients),
                          tokenByBerth(broker, operation, clients))));
        }
      }
      for (String operation : CARD_OPERATIONS) {
        if (selected(options, operation)) {
          for (int clients : WARMING_CLIENTS) {
            stages.add(warmUp(cardByBerth(broker, CARD_DEVICE, operation, clients)));
          }
        }
        for (int clients : CLIENTS) {
          stages.add(
              stage(
                  caseName(operation, clients),
                  MEASURED,
                  () ->
                      List.of(
                          card(DIRECT, single, CardModel.ON_CPU, operation, 1, clients),
                          card(DIRECT_N, shared, CardModel.ON_CPU, operation, clients, 1),
                          cardByBerth(broker, CARD_DEVICE, operation, clients))));
        }
      }
      if (CLIENTS.stream().anyMatch(clients -> options.selects(slowCase(clients)))) {
        stages.add(warmUp(cardByBerth(broker, SLOW_CARD_DEVICE, SIGN, 4)));
      }
      for (int clients : CLIENTS) {
        stages.add(
            stage(
                slowCase(clients),
                MEASURED_SLOW,
                () ->
                    List.of(
                        card(DIRECT, single, CardModel.HARDWARE, SIGN, 1, clients),
                        cardByBerth(broker, SLOW_CARD_DEVICE, SIGN, clients))));
      }
      List<Row> rows =
          new ArrayList<>(
              new StagedBench(name(), purpose(), comparisons(), marks(), stages).run(options));
      if (options.selects(HsmScenarios.KILLS)) {
        rows.add(
            HsmScenarios.killedWorker(
                broker, "hsm:" + CARD_DEVICE, cardByBerth(broker, CARD_DEVICE, SIGN, 4)));
      }
      if (options.selects(HsmScenarios.INTERACTIVE)) {
        rows.add(HsmScenarios.interactiveBesideBulk(broker, SLOW_CARD_DEVICE));
      }
      return rows;
    }
  }

  private static boolean selected(BenchOptions options, String operation) {
    return CLIENTS.stream().anyMatch(clients -> options.selects(caseName(operation, clients)));
  }

  @FunctionalInterface
  private interface Systems {
    List<SystemUnderTest> create() throws IOException;
  }

  private static StagedBench.Stage stage(String caseName, Load load, Systems systems) {
    return new StagedBench.Stage(
        any -> systems.create(), WARM_UP, List.of(new StagedBench.Case(caseName, load, ROUNDS)));
  }

  /**
   * A broker and its workers are measured as they serve all day, not in the seconds after their
   * start, in which their virtual machines still interpret and compile.
   */
  private static StagedBench.Stage warmUp(SystemUnderTest berth) {
    return new StagedBench.Stage(any -> List.of(berth), LONG_WARM_UP, List.of());
  }

  private static ProcessSystem token(
      String name, SoftHsmToken token, String operation, int processes, int sessions)
      throws IOException {
    return clients(
        name,
        token.environment(),
        processes,
        tokenProgram(SoftHsmToken.module(), operation, sessions, token.pinFile().toString()));
  }

  private static ProcessSystem tokenByServer(
      TokenServer server, SoftHsmToken token, String operation, int processes) throws IOException {
    return clients(
        P11_KIT,
        server.environment(),
        processes,
        tokenProgram(TokenServer.clientModule(), operation, 1, token.pinFile().toString()));
  }

  private static BerthSystem tokenByBerth(RunningBroker broker, String operation, int processes)
      throws IOException {
    return BerthSystem.sharing(
        BERTH,
        broker,
        BerthClients.environment(broker, TOKEN_DEVICE),
        Collections.nCopies(processes, tokenProgram(BerthClients.pkcs11Module(), operation, 1)));
  }

  private static List<String> tokenProgram(
      Path module, String operation, int sessions, String... pinFile) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                NativeProgram.named("pkcs11_load").toString(),
                module.toString(),
                SoftHsmToken.LABEL,
                operation,
                Integer.toString(sessions)));
    command.addAll(List.of(pinFile));
    return command;
  }

  private static ProcessSystem card(
      String name,
      SoftwareCard card,
      CardModel model,
      String operation,
      int processes,
      int sessions)
      throws IOException {
    return clients(
        name,
        card.environment(model, processes == 1),
        processes,
        cardProgram(SoftwareCard.library(), operation, sessions));
  }

  private static BerthSystem cardByBerth(
      RunningBroker broker, String device, String operation, int processes) throws IOException {
    return BerthSystem.sharing(
        BERTH,
        broker,
        BerthClients.environment(broker, device),
        Collections.nCopies(processes, cardProgram(BerthClients.sdfLibrary(), operation, 1)));
  }

  private static List<String> cardProgram(Path library, String operation, int sessions)
      throws IOException {
    return List.of(
        NativeProgram.named("sdf_load").toString(),
        library.toString(),
        operation,
        Integer.toString(sessions));
  }

  /** Started one after the other: at once, many would fail to open a token at all. */
  private static ProcessSystem clients(
      String name, Map<String, String> environment, int processes, List<String> command) {
    return new ProcessSystem(
        new ProcessSystem.Plan(
            name, environment, List.of(), Collections.nCopies(processes, command), false, true),
        () -> {});
  }
}
