// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.SdfProgram;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One program twice: on a card's own library, and with a copy of that card behind a broker on
 * Berth's library in its place.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SdfSideBySide {
  private static final List<String> KEYS =
      List.of(
          "sign-1: {index: 1, kind: sm2}",
          "sign-2: {index: 2, kind: sm2}",
          "kek-1: {index: 1, kind: kek}",
          "rsa-1: {index: 1, kind: rsa}");

  @RegisterExtension final Brokers brokers = Brokers.ofClass();

  final Random random = new Random(20_261);
  RunningBroker broker;
  private SoftwareCard direct;
  SdfProgram card;
  SdfProgram berth;

  @BeforeAll
  void start() throws Exception {
    BrokerSetup setup =
        BrokerSetup.make()
            .supervision("give_up_after: 1000000")
            .supervision("restart_backoff_ms: {initial: 10, max: 20, reset_after: 500}");
    SoftwareCard behind = setup.provision("card");
    behind.addRsaKey(1, 2048);
    direct = behind.copy("direct");
    setup.card("card", behind, Installation.cardLibrary(), KEYS);
    broker = brokers.start(setup).awaitServing("hsm:card");
  }

  /** Each test has programs of its own; the broker, and the cards, serve all of them. */
  @BeforeEach
  void startPrograms() throws Exception {
    card = SdfProgram.onCard(direct);
    berth = SdfProgram.throughBroker(broker);
    // The test before may have ended with a broker or worker that was still starting.
    Await.until(
        "a device opens and signs",
        () ->
            isOk("OpenDevice @early")
                && isOk("OpenSession @early @s0")
                && isOk("InternalSign_ECC @s0 1 " + "11".repeat(32)));
    berth.call("CloseDevice @early");
  }

  private boolean isOk(String command) {
    return berth.call(command).split(" ", -1)[0].equals(SdfProgram.OK);
  }

  @AfterEach
  void endPrograms() throws Exception {
    berth.close();
    card.close();
  }

  /** Both answer the same, which is returned. */
  String same(String command) {
    String expected = card.call(command);
    assertEquals(expected, berth.call(command), command);
    return expected;
  }

  /** Both succeed. */
  void good(String command) {
    assertEquals(SdfProgram.OK, same(command).split(" ", -1)[0], command);
  }

  void open() {
    good("OpenDevice @device");
    good("OpenSession @device @s");
  }

  String hex(int bytes) {
    byte[] data = new byte[bytes];
    random.nextBytes(data);
    return HexFormat.of().formatHex(data);
  }

  /** Zero instead of one of the bytes, or one instead of zero. */
  static String changed(String hex, int at) {
    String digits = hex.startsWith("00", 2 * at) ? "01" : "00";
    return hex.substring(0, 2 * at) + digits + hex.substring(2 * at + 2);
  }

  interface Disturbance {
    void happen() throws Exception;
  }

  void killWorker() {
    ProcessView worker = broker.worker("card");
    worker.signal("KILL");
    // Its threads on other processors may answer a moment longer.
    Await.until("the worker is gone", () -> !worker.isAlive());
  }

  void reload() {
    Outcome outcome =
        Installation.berth("reload", "--run", broker.setup().runDirectory().toString());
    assertEquals(0, outcome.exitCode(), outcome.output());
    broker.succeeded();
  }

  void restart() throws Exception {
    broker.kill();
    broker.startAgain();
  }
}
