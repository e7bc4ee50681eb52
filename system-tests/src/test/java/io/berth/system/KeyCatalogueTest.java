// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Listed;
import io.berth.client.Reason;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.ResourceExhaustedException;
import io.berth.client.hsm.HsmKey;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.dropin.SoftToken;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The catalogue against a card, and what the policy makes of single algorithms and of rates. */
final class KeyCatalogueTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern PUBLIC_KEY = Pattern.compile("public_key: ([0-9a-f]+)");

  /** Codes of docs/PROTOCOL.md, section 6. */
  private static final int RSA_SIGN = 1 << 16 | 2;

  @RegisterExtension final Brokers brokers = new Brokers();

  private static Outcome key(BrokerSetup setup, String... arguments) {
    List<String> command = new ArrayList<>(List.of("key"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--run", setup.runDirectory().toString(), "--timeout", "30s"));
    return Installation.berth(command.toArray(new String[0]));
  }

  private static String publicKey(BrokerSetup setup, String name) {
    Outcome verified = key(setup, "verify", name);
    assertEquals(1, verified.exitCode(), "the catalogue says nothing yet");
    Matcher found = PUBLIC_KEY.matcher(verified.output());
    assertTrue(found.find(), verified.output());
    return found.group(1);
  }

  @Test
  void keys_are_compared_with_the_card_that_has_them() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.provision("card");
    setup.card(
        "card",
        card,
        Installation.cardLibrary(),
        List.of(
            "sign-1: {index: 1, algorithm: sm2, usage: sign, labels: {team: payments}}",
            "sign-2: {index: 2}",
            "kek-1: {index: 1, kind: kek, algorithm: sm4, usage: kek}"));
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    String first = publicKey(setup, "sign-1");
    String second = publicKey(setup, "card/sign-2");
    assertEquals(0, key(setup, "verify").exitCode(), "nothing is known to differ");

    String text = Files.readString(setup.configFile());
    Files.writeString(
        setup.configFile(),
        text.replace("usage: sign,", "usage: sign, public_key: " + first + ",")
            .replace("{index: 2}", "{index: 2, public_key: " + first + "}"));
    assertEquals(
        0,
        Installation.berth("reload", "--run", setup.runDirectory().toString()).exitCode(),
        broker::tails);
    broker.succeeded();
    Outcome right = key(setup, "verify", "sign-1");
    assertEquals(0, right.exitCode(), right.output());
    assertTrue(right.output().contains("matches"), right.output());
    Outcome all = key(setup, "verify");
    assertEquals(1, all.exitCode(), all.output());
    assertTrue(all.output().matches("(?s).*hsm:card/sign-2 +DIFFERS.*"), all.output());
    assertTrue(all.output().matches("(?s).*hsm:card/kek-1 +skipped.*"), all.output());
    Assertions.assertNotEquals(first, second);
    try (BerthClient client = broker.client("lists")) {
      List<Listed> listed = client.list();
      assertEquals(
          List.of("hsm:card", "hsm:card/sign-1", "hsm:card/sign-2", "hsm:card/kek-1"),
          listed.stream().map(Listed::resource).toList());
      assertEquals(first, listed.get(1).attributes().get("public_key"));
      assertEquals("team=payments", listed.get(1).attributes().get("labels"));
    }
  }

  @Test
  void keys_are_made_and_destroyed_on_a_token_and_the_journal_has_it() throws Exception {
    BrokerSetup setup = BrokerSetup.make().journal();
    SoftToken token = SoftToken.make(setup);
    setup.ungranted(
        "bank",
        "hsm",
        "hsm/pkcs11",
        token.device() + "      made-1: {algorithm: ec-p256, usage: sign}\n");
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: ['hsm:bank/**'], permissions: [sign, export, manage], audit: none}");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:bank");
    assertTrue(publicKey(setup, "rsa-1").length() > 500, "an RSA key is long");
    Outcome made = key(setup, "create", "made-1", "--yes");
    assertEquals(0, made.exitCode(), made.output() + broker.tails());
    String point = publicKey(setup, "made-1");
    Outcome again = key(setup, "create", "made-1", "--yes");
    assertEquals(1, again.exitCode(), again.output());
    assertTrue(again.output().contains("has 2 objects of this name already"), again.output());
    assertEquals(point, publicKey(setup, "made-1"));
    Outcome gone = key(setup, "destroy", "made-1", "--yes");
    assertEquals(0, gone.exitCode(), gone.output());
    assertTrue(gone.output().contains("2 objects destroyed"), gone.output());
    assertEquals(1, key(setup, "destroy", "made-1", "--yes").exitCode(), "there is none");
    assertEquals(RunningBroker.ENDED_BY_TERM, broker.stop(), broker::tails);
    String records = setup.audit("show", "--last", "10000");
    assertTrue(records.matches("(?s).*KEY_USED [^\n]*manage:2.*"), records);
    assertEquals(2, records.split("KEY_USED [^\n]*manage:3", -1).length - 1, records);
  }

  @Test
  void a_grant_for_one_algorithm_gives_no_other_and_a_rate_holds() throws Exception {
    BrokerSetup setup = BrokerSetup.make().journal();
    SoftwareCard card = setup.provision("card");
    setup.ungranted(
        "card",
        "hsm",
        "hsm/sdf",
        """
            settings: {library: %s, password_file: %s, device_path: %s}
            surroundings:
              environment:
                BERTH_SOFTCARD_HOME: %s
                BERTH_SOFTCARD_PASSWORD_FILE: %s
            keys: {sign-1: {index: 1}}
        """
            .formatted(
                Installation.cardLibrary(),
                card.passwordFile(),
                card.lockFile(),
                card.home(),
                card.passwordFile()));
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: ['hsm:card/sign-1'], permissions: ['sign:sm2'], rate_per_second: 1,"
            + " burst: 3}");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    try (BerthClient client = broker.client("signs")) {
      try (Resource narrow = client.open("hsm:card/sign-1")) {
        BerthException refused =
            Assertions.assertThrows(
                BerthException.class, () -> narrow.call(Request.of(RSA_SIGN).timeout(PATIENCE)));
        assertEquals(Reason.NOT_PERMITTED, refused.reason());
      }
      try (HsmKey key = HsmKey.open(client, "hsm:card/sign-1").withTimeout(PATIENCE)) {
        ResourceExhaustedException tooFast =
            Assertions.assertThrows(
                ResourceExhaustedException.class,
                () -> {
                  for (int i = 0; i < 1_000; i++) {
                    key.sign(new byte[32]);
                  }
                });
        assertEquals(Reason.PRINCIPAL_LIMIT, tooFast.reason());
        assertTrue(tooFast.text().contains("; retry in "), tooFast.text());
      }
    }
    Outcome uses = Installation.berth("status", "--keys", "--run", setup.runDirectory().toString());
    assertEquals(0, uses.exitCode(), uses.output());
    assertTrue(
        uses.output()
            .matches("(?s).*hsm:card/sign-1 +uid:" + BrokerSetup.uid() + " +[1-9][0-9]*\n.*"),
        uses.output());
    assertEquals(RunningBroker.ENDED_BY_TERM, broker.stop(), broker::tails);
    String records = setup.audit("show", "--last", "10000");
    assertTrue(records.matches("(?s).*HANDLE_DENIED [^\n]*sign:2.*"), records);
  }
}
