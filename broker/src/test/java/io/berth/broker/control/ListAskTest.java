// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.berth.broker.Broker;
import io.berth.broker.SilentEvents;
import io.berth.broker.admin.AdminEvents;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.ListNames;
import io.berth.shm.control.ControlMessage.Listed;
import io.berth.shm.control.ControlMessage.ListedEntry;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.status.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LIST over the control socket. */
final class ListAskTest {
  @TempDir private Path root;

  @Test
  void a_client_is_told_what_it_may_open_and_nothing_else() throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock}
        devices:
          - {scheme: echo, name: bench, driver: echo, guard: external, keys: {a: {index: 3}, b: {}}}
          - {scheme: echo, name: other, driver: echo, guard: external}
        policy:
          grants:
            - principal: {user: %2$d}
              resources: ['echo:bench/a']
              permissions: [query]
        """
            .formatted(root, (int) Files.getAttribute(root, "unix:uid")));
    Config config = new ConfigLoader().load(file);
    SilentEvents silent = new SilentEvents();
    try (Broker broker =
        new Broker(
            config,
            root.resolve("no-installation"),
            AuditTrail.of(silent, silent, KeyUseJournal.NONE, AdminEvents.LOGGED))) {
      broker.start();
      try (RawClient client = RawClient.greeted(config.broker().clientSocket())) {
        assertEquals(
            new Listed(
                0,
                List.of(
                    new ListedEntry("echo:bench", 0, "echo", Map.of()),
                    new ListedEntry("echo:bench/a", 1 << 12, "echo", Map.of("index", "3")))),
            client.ask(new ListNames(0, "")));
        assertEquals(new Listed(0, List.of()), client.ask(new ListNames(0, "tenant-a")));
        Refused refused = assertInstanceOf(Refused.class, client.ask(new ListNames(0, "no\nname")));
        assertEquals(Reason.NOT_PERMITTED, refused.reason());
        ControlMessage last = null;
        for (int i = 0; i < 2 * ListBudget.BURST && !(last instanceof Refused); i++) {
          last = client.ask(new ListNames(0, "t-" + i)); // One that was never seen costs most.
        }
        assertEquals(Reason.BUDGET_EXCEEDED, assertInstanceOf(Refused.class, last).reason());
      }
      try (RawClient early = new RawClient(config.broker().clientSocket())) {
        assertInstanceOf(Refused.class, early.ask(new ListNames(0, "")));
      }
    }
  }
}
