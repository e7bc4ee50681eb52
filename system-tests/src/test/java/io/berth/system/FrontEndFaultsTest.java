// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.dropin.Pkcs11Programs;
import io.berth.system.dropin.Program;
import io.berth.system.load.SdfProgram;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

/**
 * Programs on Berth's libraries while the card or its library fails in the middle of a call: each
 * call ends well, or with the card's own code, and the next one ends well.
 */
final class FrontEndFaultsTest {
  private static final String HARDFAIL = "0x01000004";
  private static final String DIGEST = "0123456789abcdef".repeat(4);
  private static final String BLOCKS = "00112233445566778899aabbccddeeff".repeat(2);

  /** One per lane, one of which is kept for interactive requests, and one to look with. */
  private static final String CARD_SESSIONS = "6";

  @RegisterExtension final Brokers brokers = new Brokers();

  private final BrokerSetup setup =
      BrokerSetup.make()
          .supervision("restart_backoff_ms: {initial: 0, max: 20, reset_after: 500}")
          .supervision("give_up_after: 1000000")
          .supervision("hang_timeout_ms: 4000")
          // The same operation kills more workers here than it may elsewhere.
          .supervision("poison_after: 1000")
          .journal();
  private SoftwareCard card;
  private RunningBroker broker;

  @BeforeEach
  void start() throws Exception {
    card = setup.provision("card");
    card.behave("sessions", CARD_SESSIONS);
    setup.card("card", card, Installation.cardLibrary());
    setup.grant(
        "{user: " + BrokerSetup.uid() + "}", "[\"hsm:card/**\", \"hsm:card\"]", "audit: all");
    broker = brokers.start(setup).awaitServing("hsm:card");
  }

  @Test
  void an_sdf_program_gets_the_answer_or_the_cards_code_whatever_fails_in_its_call()
      throws Exception {
    List<Executable> results = new ArrayList<>();
    try (SdfProgram program = SdfProgram.throughBroker(broker)) {
      program.result("OpenDevice @device");
      program.result("OpenSession @device @s");
      program.result("GenerateKeyWithKEK @s 128 0x401 1 @key");
      Map<String, String> calls = new LinkedHashMap<>();
      calls.put("sign", "InternalSign_ECC @s 1 " + DIGEST);
      calls.put("cipher", "Encrypt @s @key 0x401 null " + BLOCKS);
      calls.put("random", "GenerateRandom @s 32");
      for (Map.Entry<String, String> call : calls.entrySet()) {
        for (String action : List.of("crash", "hang", "session_lost", "hardfail")) {
          String fault = action + ":" + call.getKey() + ":1:once";
          card.fault(fault);
          String during = program.call(call.getValue());
          card.mend();
          String after = program.call(call.getValue());
          String expected = action.equals("hardfail") ? HARDFAIL : SdfProgram.OK;
          results.add(
              () -> assertEquals(expected, during.split(" ", -1)[0], fault + ": " + during));
          results.add(() -> assertTrue(after.startsWith(SdfProgram.OK), "after " + fault + after));
        }
      }
    }
    assertAll(results);
    assertEquals(RunningBroker.ENDED_BY_TERM, broker.stop(), broker::tails);
    String verified = setup.audit("verify");
    assertTrue(verified.contains("intact: "), verified);
    String records = setup.audit("show", "--last", "100000");
    assertTrue(records.contains(" by=hsm:card, "), records);
  }

  @Test
  void a_pkcs11_program_gets_the_answer_or_fails_once_and_is_served_again() throws Exception {
    List<Executable> results = new ArrayList<>();
    for (String action : List.of("crash", "hang", "session_lost", "hardfail")) {
      String fault = action + ":random:1:once";
      card.fault(fault);
      Program.Outcome during = random();
      card.mend();
      Program.Outcome after = random();
      int expected = action.equals("hardfail") ? 1 : 0; // pkcs11-tool does not name the code.
      results.add(() -> assertEquals(expected, during.exitCode(), fault + ": " + during));
      results.add(() -> assertEquals(0, after.exitCode(), "after " + fault + ": " + after));
    }
    assertAll(results);
  }

  private Program.Outcome random() {
    return Program.run(
        setup.directory(),
        Map.of("BERTH_SOCKET", broker.socket()),
        List.of(
            "pkcs11-tool",
            "--module",
            Pkcs11Programs.module().toString(),
            "--slot-index",
            "0",
            "--generate-random",
            "32",
            "--output-file",
            setup.directory().resolve("random").toString()));
  }
}
