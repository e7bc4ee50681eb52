// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.client.hsm.Sm2PublicKey;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.ProcessView;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two cards with the same keys behind one name, of which one is lost in every way. */
final class CardGroupTest {
  private static final List<String> KEYS =
      List.of("sign-1: {index: 1}", "kek-1: {index: 1, kind: kek}");

  @RegisterExtension final Brokers brokers = new Brokers();

  private final BrokerSetup setup =
      BrokerSetup.make()
          .supervision("restart_backoff_ms: {initial: 0, max: 200, reset_after: 500}")
          .supervision("give_up_after: 4")
          .supervision("within_ms: 600000")
          .supervision("heartbeat_ms: 50")
          .supervision("heartbeat_timeout_ms: 10000");
  private SoftwareCard first;
  private SoftwareCard second;
  private RunningBroker broker;

  private LoadClient signWithTwoCards() throws Exception {
    first = setup.provision("first");
    second = first.copy("second");
    broker = brokers.start(setup.group("pay", KEYS, first, second));
    broker.awaitServing("hsm:pay/a", "hsm:pay/b");
    LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:pay/sign-1"));
    signer.awaitMoreAnswers(50);
    return signer;
  }

  private void awaitServingAgain(String card, ProcessView former) {
    ProcessView next = broker.awaitWorkerAfter(card, former);
    broker.awaitLog("device hsm:" + card.replace('.', '/') + ": worker " + next.pid() + " serves");
  }

  @Test
  void a_killed_worker_of_one_card_costs_no_signature() throws Exception {
    LoadClient signer = signWithTwoCards();
    for (String card : List.of("pay.a", "pay.b", "pay.a")) {
      ProcessView killed = broker.worker(card);
      killed.signal("KILL");
      signer.awaitMoreAnswers(50);
      awaitServingAgain(card, killed);
    }
    signer.awaitMoreAnswers(50);
    signer.finish().requireAllAnswered();
  }

  @Test
  void nor_does_one_that_stands_still() throws Exception {
    LoadClient signer = signWithTwoCards();
    ProcessView stopped = broker.worker("pay.a");
    stopped.stop();
    awaitServingAgain("pay.a", stopped);
    signer.awaitMoreAnswers(50);
    signer.finish().requireAllAnswered();
    broker.awaitLog("worker " + stopped.pid() + " is fenced: no heartbeat for ");
  }

  @Test
  void nor_a_card_that_hangs() throws Exception {
    setup.supervision("hang_timeout_ms: 5000"); // Here only: one that stands still hangs as well.
    LoadClient signer = signWithTwoCards();
    ProcessView hanging = broker.worker("pay.b");
    second.fault("hang:sign:1:once");
    awaitServingAgain("pay.b", hanging);
    signer.awaitMoreAnswers(50);
    signer.finish().requireAllAnswered();
    broker.awaitLog("is fenced: request on the device without progress for ");
  }

  @Test
  void a_card_that_goes_on_failing_is_given_up_with_a_reason_and_the_other_signs_on()
      throws Exception {
    LoadClient signer = signWithTwoCards();
    second.fault("hardfail:sign:0");
    broker.awaitLog("device hsm:pay/b: given up: 4 deaths in a row; last: ");
    signer.awaitMoreAnswers(50);
    String status =
        Installation.run(
                List.of(
                    Installation.command().toString(),
                    "status",
                    "--run",
                    setup.runDirectory().toString()))
            .output();
    assertTrue(status.contains("1 of 2 cards serve"), status);
    assertTrue(Pattern.compile("hsm:pay/b +GIVEN_UP.*SDR_HARDFAIL").matcher(status).find(), status);
    second.mend();
    Installation.Outcome restart =
        Installation.run(
            List.of(
                Installation.command().toString(),
                "device",
                "restart",
                "--run",
                setup.runDirectory().toString(),
                "hsm:pay/b"));
    assertEquals(0, restart.exitCode(), restart.output());
    signer.awaitMoreAnswers(50);
    signer.finish().requireAllAnswered();
  }

  @Test
  void a_card_with_other_keys_does_not_join() throws Exception {
    BrokerSetup alone = BrokerSetup.make();
    SoftwareCard card = alone.card("one");
    RunningBroker before = brokers.start(alone).awaitServing("hsm:one");
    String publicKey;
    try (BerthClient client = before.client("reader");
        HsmKey key = HsmKey.open(client, "hsm:one/sign-1").withTimeout(Duration.ofMinutes(2))) {
      Sm2PublicKey read = key.publicKey(KeyUsage.SIGN);
      publicKey = HexFormat.of().formatHex(read.x()) + HexFormat.of().formatHex(read.y());
    }
    before.stop();
    SoftwareCard stranger = setup.provision("stranger");
    broker =
        brokers.start(
            setup.group(
                "pay",
                List.of("sign-1: {index: 1, algorithm: sm2, public_key: \"" + publicKey + "\"}"),
                card,
                stranger));
    broker.awaitServing("hsm:pay/a");
    broker.awaitLog(
        "device hsm:pay/b: given up: pay.b: key 'sign-1' (SM2, index 1) is not the group's:"
            + " expected public_key "
            + publicKey);
    LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:pay/sign-1"));
    signer.awaitMoreAnswers(30);
    signer.finish().requireAllAnswered();
  }
}
