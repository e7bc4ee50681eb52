// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.Broker;
import io.berth.broker.SilentEvents;
import io.berth.broker.admin.AdminEvents;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.policy.Principal;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.status.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in no further than his greeting is told why, and so is the journal. */
class RefusedSessionTest {
  private static final class Heard extends SilentEvents {
    final List<String> refusals = new CopyOnWriteArrayList<>();

    @Override
    public void refused(Principal principal, String why) {
      refusals.add(principal.pid() + ": " + why);
    }
  }

  @Test
  void a_session_beyond_the_uids_share_is_refused_and_recorded(@TempDir Path root)
      throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        ("broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock,"
                + " max_sessions_per_uid: 1}\n")
            .formatted(root));
    Config config = new ConfigLoader().load(file);
    Heard heard = new Heard();
    try (Broker broker =
        new Broker(
            config,
            root.resolve("no-installation"),
            AuditTrail.of(heard, heard, KeyUseJournal.NONE, AdminEvents.LOGGED))) {
      broker.start();
      try (RawClient first = RawClient.greeted(config.broker().clientSocket());
          RawClient second = new RawClient(config.broker().clientSocket())) {
        Refused refused =
            assertInstanceOf(
                Refused.class,
                second.ask(new ControlMessage.Hello(ControlMessage.MAJOR, 0, 0, 0, "second")));
        assertEquals(Reason.BUDGET_EXCEEDED, refused.reason());
        assertNull(second.receive());
        assertEquals(
            List.of(ProcessHandle.current().pid() + ": " + refused.text()), heard.refusals);
        assertTrue(refused.text().contains("sessions"), refused.text());
        first.ask(new ControlMessage.Close(1)); // The first one's session lives on.
      }
    }
  }
}
