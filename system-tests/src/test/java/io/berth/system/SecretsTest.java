// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.berth.client.BerthClient;
import io.berth.client.hsm.HsmKey;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.process.ProcessView;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where passwords must not be seen. */
final class SecretsTest {
  private static final String PASSWORD = "a-secret-access-password";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final Brokers brokers = new Brokers();

  @Test
  void passwords_are_in_no_log_argument_or_environment_and_no_process_may_dump_core()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make().journal();
    SoftwareCard card = setup.provision("card");
    Path password = card.addGuardedKey(3, PASSWORD, PASSWORD);
    setup.card(
        "card",
        card,
        Installation.cardLibrary(),
        List.of("guarded: {index: 3, access_password_file: " + password + "}"));
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    try (BerthClient client = broker.client("user");
        HsmKey key = HsmKey.open(client, "hsm:card/guarded").withTimeout(PATIENCE)) {
      key.sign(new byte[32]); // The password was used, and was right.
    }
    assertSecret(broker.log(), "the log");
    List<ProcessView> processes =
        List.of(broker.view(), broker.guard("card"), broker.worker("card"));
    for (ProcessView process : processes) {
      Path proc = Path.of("/proc/" + process.pid());
      for (String file : new String[] {"cmdline", "environ"}) {
        Path path = proc.resolve(file);
        // What the kernel shows to nobody but root, it need not hide from root.
        if (Files.isReadable(path)) {
          assertSecret(Files.readString(path, StandardCharsets.ISO_8859_1), process + " " + file);
        }
      }
    }
    for (ProcessView process : List.of(broker.view(), broker.worker("card"))) {
      assertEquals("0", coreLimit(process), "core limit of " + process.commandLine());
    }
  }

  private static void assertSecret(String text, String where) {
    assertFalse(text.contains(PASSWORD), "a key's password stands in " + where);
    assertFalse(text.contains(SoftwareCard.PASSWORD), "the store's password stands in " + where);
  }

  /** The soft limit: {@code Max core file size 0 unlimited bytes}. */
  private static String coreLimit(ProcessView process) throws Exception {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/limits")).stream()
        .filter(line -> line.startsWith("Max core file size"))
        .map(line -> line.substring("Max core file size".length()).strip().split(" +", 2)[0])
        .findFirst()
        .orElseThrow();
  }
}
