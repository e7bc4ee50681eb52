// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.load.SdfProgram;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An HSM on the network, played by a software card that is out of reach and comes back. */
final class NetworkHsmTest {
  private static final String OUT_OF_REACH = "commfail:any:0";
  private static final String COMMFAIL = "0x01000003";
  private static final String DIGEST = "0123456789abcdef".repeat(4);

  /** More than the broker would give a card in this host. */
  private static final int ATTEMPTS = 4;

  @RegisterExtension final Brokers brokers = new Brokers();

  private final BrokerSetup setup =
      BrokerSetup.make()
          .supervision("restart_backoff_ms: {initial: 0, max: 100, reset_after: 500}")
          .supervision("give_up_after: 2")
          .supervision("within_ms: 600000");
  private SoftwareCard card;
  private RunningBroker broker;

  @BeforeEach
  void start() throws Exception {
    card = setup.provision("net");
    setup.device(
        "net",
        "hsm",
        "hsm/sdf",
        """
            attachment: network
            settings: {library: %s, password_file: %s}
            surroundings:
              environment: {BERTH_SOFTCARD_HOME: %s, BERTH_SOFTCARD_PASSWORD_FILE: %s}
            keys: {sign-1: {index: 1}}
        """
            .formatted(
                Installation.cardLibrary(), card.passwordFile(), card.home(), card.passwordFile()));
    broker = brokers.start(setup).awaitServing("hsm:net");
  }

  private String status() {
    return Installation.berth("status", "--run", setup.runDirectory().toString()).output();
  }

  /** Workers that could not open it, since the broker's start. */
  private long failedOpenings() {
    return broker.log().lines().filter(line -> line.contains("SDF_OpenDevice: SDR_COMM")).count();
  }

  @Test
  void one_that_is_out_of_reach_for_long_is_served_again_when_it_is_back() throws Exception {
    LoadClient signer =
        brokers.load(Options.sign(broker.socket(), "hsm:net/sign-1").timeoutMillis(120_000));
    signer.awaitMoreAnswers(50);
    card.fault(OUT_OF_REACH);
    broker.awaitLog("the card is gone: 2 requests in a row failed in new sessions, too");
    Await.until("several attempts", () -> failedOpenings() > ATTEMPTS);
    // While a further attempt begins, it is not known yet why it will fail.
    Await.until("a reason", () -> status().contains("SDR_COMMFAIL"), this::status);
    assertTrue(status().contains("on the network"), this::status);
    assertTrue(!status().contains("GIVEN_UP"), this::status);
    card.mend();
    signer.awaitMoreAnswers(50);
    // Those that it had when it was lost, and those that the policy lets wait no longer.
    signer
        .finish()
        .requireOnly("UNAVAILABLE/driver-error", "DEADLINE_EXCEEDED/expired-before-dispatch");
  }

  @Test
  void an_sdf_program_hears_the_librarys_own_code_and_goes_on_when_it_is_back() throws Exception {
    try (SdfProgram program = SdfProgram.throughBroker(broker)) {
      program.result("OpenDevice @device");
      program.result("OpenSession @device @s");
      program.result("InternalSign_ECC @s 1 " + DIGEST);
      for (int i = 0; i < 2; i++) {
        ProcessView former = broker.worker("net");
        card.fault(OUT_OF_REACH);
        assertEquals(COMMFAIL, program.call("InternalSign_ECC @s 1 " + DIGEST));
        assertEquals(COMMFAIL, program.call("InternalSign_ECC @s 1 " + DIGEST));
        Await.until("its worker is ended", () -> !former.isAlive());
        card.mend();
        String signature = program.result("InternalSign_ECC @s 1 " + DIGEST);
        program.result("InternalVerify_ECC @s 1 " + DIGEST + " " + signature);
      }
    }
  }

  @Test
  void its_lock_is_this_hosts_alone_and_the_doctor_says_so() throws Exception {
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    assertTrue(Files.exists(setup.lockDirectory().resolve("hsm-net@" + host + ".lock")));
    String doctor =
        Installation.berth("doctor", "--config", setup.configFile().toString()).output();
    assertTrue(doctor.contains("network"), doctor);
    assertTrue(doctor.contains("other hosts may have theirs"), doctor);
  }
}
