// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.dropin.Pkcs11Programs;
import io.berth.system.dropin.Program;
import io.berth.system.dropin.RemovableToken;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A PKCS #11 token that is taken out and put back, and programs on {@code libberth-pkcs11.so}. */
final class RemovedTokenTest {
  @RegisterExtension final Brokers brokers = new Brokers();

  private final BrokerSetup setup =
      BrokerSetup.make()
          .supervision("restart_backoff_ms: {initial: 0, max: 100, reset_after: 500}")
          .supervision("give_up_after: 1000000");
  private RemovableToken removable;
  private RunningBroker broker;
  private Pkcs11Programs programs;

  @BeforeEach
  void start() throws Exception {
    removable = RemovableToken.make(setup);
    setup.device("bank", "hsm", "hsm/pkcs11", removable.device());
    broker = brokers.start(setup).awaitServing("hsm:bank");
    programs = new Pkcs11Programs(setup, removable.token(), broker);
    Files.writeString(programs.file("data"), "what is signed");
  }

  private Program.Outcome sign(String signature) {
    return programs.berth(
        "--sign", "-m", "SHA256-RSA-PKCS", "--id", "01", "-i", "data", "-o", signature);
  }

  private void assertSigned(String signature) {
    Program.Outcome outcome = sign(signature);
    assertEquals(0, outcome.exitCode(), outcome::toString);
    Program.Outcome verified =
        programs.direct(
            "--verify",
            "-m",
            "SHA256-RSA-PKCS",
            "--id",
            "01",
            "-i",
            "data",
            "--signature-file",
            signature);
    assertTrue(verified.output().contains("Signature is valid"), verified::toString);
  }

  private String status() {
    return Installation.berth("status", "--run", setup.runDirectory().toString()).output();
  }

  /** How often a worker has served, since the broker's start. */
  private long served() {
    return Pattern.compile("device hsm:bank: worker \\d+ serves")
        .matcher(broker.log())
        .results()
        .count();
  }

  private Process startSigning() {
    try {
      return programs.startBerth(
          "asking", "--sign", "-m", "SHA256-RSA-PKCS", "--id", "01", "-i", "data", "-o", "asked");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertFails() throws Exception {
    Program.Outcome outcome = sign("never");
    assertNotEquals(0, outcome.exitCode(), outcome::toString);
    assertTrue(!Files.exists(programs.file("never")) || Files.size(programs.file("never")) == 0);
  }

  @Test
  void programs_fail_while_it_is_out_and_sign_again_with_the_same_worker_when_it_is_back()
      throws Exception {
    assertSigned("before");
    ProcessView worker = broker.worker("bank");
    for (int round = 0; round < 2; round++) {
      removable.takeOut();
      for (int i = 0; i < 3; i++) {
        assertFails();
      }
      removable.putBack();
      assertSigned("after-" + round);
    }
    assertEquals(worker.pid(), broker.worker("bank").pid());
  }

  @Test
  void a_module_that_does_not_get_over_it_is_replaced_with_its_worker() throws Exception {
    assertSigned("before");
    for (int round = 0; round < 2; round++) {
      ProcessView worker = broker.worker("bank");
      final long before = served();
      removable.cutOff();
      List<Process> asking = new ArrayList<>(List.of(startSigning()));
      Await.until(
          "its worker is ended",
          () -> {
            if (worker.isAlive() && asking.stream().noneMatch(Process::isAlive)) {
              asking.add(startSigning());
            }
            return !worker.isAlive();
          });
      Await.until("a reason", () -> status().contains("CKR_DEVICE_REMOVED"), this::status);
      removable.putBack();
      Await.until("it serves again", () -> served() > before, this::status);
      assertSigned("after-" + round);
      for (Process each : asking) { // Failed, or waited for the next worker.
        assertTrue(each.waitFor(60, TimeUnit.SECONDS));
      }
    }
    assertTrue(broker.log().contains("the token is gone: 2 requests in a row failed"));
  }
}
