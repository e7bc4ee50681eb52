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
import io.berth.broker.policy.Principal;
import io.berth.shm.control.ControlMessage.Close;
import io.berth.shm.control.ControlMessage.Closed;
import io.berth.shm.control.ControlMessage.Open;
import io.berth.shm.control.ControlMessage.Opened;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handles and what the journal hears of them. */
final class RecordedHandlesTest {
  private static final int ALL = Permission.QUERY.bit() | Permission.UPDATE.bit();

  private static final class Journal extends SilentEvents {
    final List<String> grants = new CopyOnWriteArrayList<>();
    final List<String> denials = new CopyOnWriteArrayList<>();
    volatile GrantRecord answer = GrantRecord.TAKEN;

    @Override
    public GrantRecord granted(
        long session, Principal principal, String account, String resource, int permissions) {
      if (answer == GrantRecord.TAKEN) {
        grants.add(session + " " + resource + " " + permissions);
      }
      return answer;
    }

    @Override
    public void denied(long session, Principal principal, String resource, String why) {
      denials.add(resource + ": " + why);
    }
  }

  @TempDir private Path root;
  private final Journal journal = new Journal();
  private Config config;
  private Broker broker;

  @BeforeEach
  void start() throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock}
        devices:
          - {scheme: echo, name: bench, driver: echo, guard: external}
        policy:
          grants:
            - {principal: {user: %2$d}, resources: ['echo:bench'], permissions: [query, update]}
        """
            .formatted(root, (int) Files.getAttribute(root, "unix:uid")));
    config = new ConfigLoader().load(file);
    broker =
        new Broker(
            config,
            root.resolve("no-installation"),
            AuditTrail.of(journal, journal, KeyUseJournal.NONE, AdminEvents.LOGGED));
    broker.start();
  }

  @AfterEach
  void stop() throws Exception {
    broker.close();
  }

  private RawClient client() throws Exception {
    return RawClient.greeted(config.broker().clientSocket());
  }

  private static Open open(int permissions) {
    return new Open(permissions, "echo:bench", "");
  }

  @Test
  void what_a_session_opens_again_and_again_is_recorded_once() throws Exception {
    try (RawClient one = client();
        RawClient two = client()) {
      for (int i = 0; i < 3 * SessionAsks.MAX_HANDLES; i++) {
        Opened opened = assertInstanceOf(Opened.class, one.ask(open(ALL)));
        assertInstanceOf(Closed.class, one.ask(new Close(opened.handle())));
      }
      assertEquals(1, journal.grants.size());
      assertInstanceOf(Opened.class, one.ask(open(Permission.QUERY.bit())));
      assertEquals(2, journal.grants.size(), "other permissions are another grant");
      assertInstanceOf(Opened.class, two.ask(open(ALL)));
      assertEquals(3, journal.grants.size(), "so is another session");
    }
  }

  @Test
  void a_handle_that_there_is_no_room_for_is_not_recorded() throws Exception {
    try (RawClient client = client()) {
      Opened last = null;
      for (int i = 0; i < SessionAsks.MAX_HANDLES; i++) {
        last = assertInstanceOf(Opened.class, client.ask(open(ALL)));
      }
      Refused refused = assertInstanceOf(Refused.class, client.ask(open(Permission.QUERY.bit())));
      assertEquals(Reason.BUDGET_EXCEEDED, refused.reason());
      assertEquals("handles >= 256 of this session", refused.text());
      assertEquals(1, journal.grants.size());
      assertInstanceOf(Closed.class, client.ask(new Close(last.handle())));
      assertInstanceOf(Opened.class, client.ask(open(Permission.QUERY.bit())));
      assertEquals(2, journal.grants.size());
    }
  }

  @Test
  void without_its_record_there_is_no_handle() throws Exception {
    try (RawClient client = client()) {
      journal.answer = SessionEvents.GrantRecord.TOO_MANY;
      Refused refused = assertInstanceOf(Refused.class, client.ask(open(ALL)));
      assertEquals(Reason.BUDGET_EXCEEDED, refused.reason());
      assertEquals(List.of(refused.text()), journal.denials);
      journal.answer = SessionEvents.GrantRecord.NO_ROOM;
      assertEquals(
          Reason.AUDIT_UNAVAILABLE,
          assertInstanceOf(Refused.class, client.ask(open(ALL))).reason());
      int firstWord = 1 << 16 | 1;
      assertEquals(
          Reason.STALE_HANDLE,
          assertInstanceOf(Refused.class, client.ask(new Close(firstWord))).reason());
      journal.answer = SessionEvents.GrantRecord.TAKEN;
      assertEquals(firstWord, assertInstanceOf(Opened.class, client.ask(open(ALL))).handle());
      assertEquals(1, journal.grants.size());
    }
  }
}
