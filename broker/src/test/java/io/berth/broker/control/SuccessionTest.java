// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.broker.Broker;
import io.berth.broker.SilentEvents;
import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminEvents;
import io.berth.broker.admin.AdminException;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.shm.control.ControlMessage.Close;
import io.berth.shm.control.ControlMessage.GoAway;
import io.berth.shm.control.ControlMessage.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two brokers in one process, of which the second takes the first one's place. */
final class SuccessionTest {
  private static final long HAND_OVER_MILLIS = 60_000;

  /** Each makes the data thread turn at least once. */
  private static final int TURNS = 10;

  private Path root;
  private Config config;

  @BeforeEach
  void configure() throws Exception {
    root = Files.createTempDirectory("berth-t"); // Short: sockets' paths are bounded.
    config = config("counters");
  }

  private Config config(String countersFile) throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        ("broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock,"
                + " counters_file: %1$s/%2$s}\n")
            .formatted(root, countersFile));
    return new ConfigLoader().load(file);
  }

  @AfterEach
  void remove() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private Broker broker() throws IOException {
    return broker(config);
  }

  private Broker broker(Config config) throws IOException {
    SilentEvents silence = new SilentEvents();
    return new Broker(
        config,
        root.resolve("no-installation"),
        AuditTrail.of(silence, silence, KeyUseJournal.NONE, AdminEvents.LOGGED));
  }

  private RawClient client() throws Exception {
    return RawClient.greeted(config.broker().clientSocket());
  }

  private void askToLetGo() throws IOException {
    try (AdminClient predecessor = AdminClient.connect(config.broker().runDirectory())) {
      predecessor.handOver(HAND_OVER_MILLIS);
    }
  }

  private static void turn(RawClient client) throws Exception {
    assertInstanceOf(Refused.class, client.ask(new Close(1)));
  }

  @Test
  void clients_have_sessions_ahead_and_their_requests_are_read_once_the_predecessor_has_let_go()
      throws Exception {
    AtomicReference<RawClient> early = new AtomicReference<>();
    try (Broker first = broker()) {
      first.start();
      try (RawClient old = client();
          Broker second = broker()) {
        second.succeed(
            () -> {
              try {
                early.set(client());
                early.get().mapRings();
                early.get().submit();
                for (int i = 0; i < TURNS; i++) {
                  turn(early.get());
                }
                assertEquals(0, early.get().readByBroker(), "the predecessor still serves");
                turn(old);
              } catch (IOException e) {
                throw e;
              } catch (Exception e) {
                throw new AssertionError(e);
              }
              askToLetGo();
            });
        assertInstanceOf(GoAway.class, old.receive());
        while (early.get().readByBroker() == 0) {
          turn(early.get());
        }
        early.get().close();
      }
    }
  }

  @Test
  void a_predecessor_that_lives_and_does_not_let_go_is_not_succeeded() throws Exception {
    try (Broker first = broker()) {
      first.start();
      try (RawClient old = client();
          Broker second = broker()) {
        assertThrows(
            IOException.class,
            () ->
                second.succeed(
                    () -> {
                      throw new IOException("no answer");
                    }));
        turn(old);
      }
      try (RawClient newcomer = client()) {
        turn(newcomer);
      }
      assertEquals(List.of("admin.sock", "broker.sock"), socketNames());
    }
    assertEquals(List.of(), socketNames());
  }

  private List<String> socketNames() throws IOException {
    try (Stream<Path> files = Files.walk(config.broker().runDirectory())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains(".sock"))
          .sorted()
          .toList();
    }
  }

  @Test
  void a_predecessor_that_is_stopped_meanwhile_leaves_its_successor_the_names() throws Exception {
    Broker first = broker();
    first.start();
    try (Broker second = broker()) {
      second.succeed(
          () -> {
            first.close();
            throw new IOException("it was stopped");
          });
      try (RawClient client = client()) {
        turn(client);
      }
    }
    assertEquals(List.of(), socketNames());
  }

  @Test
  void a_second_successor_is_refused_before_it_takes_a_name() throws Exception {
    try (Broker first = broker()) {
      first.start();
      // While they are not published, counters are named by the process, and here it is only one.
      try (Broker second = broker();
          Broker third = broker(config("others"))) {
        second.succeed(
            () -> {
              IOException refused =
                  assertThrows(IOException.class, () -> third.succeed(this::askToLetGo));
              assertEquals(
                  "another broker takes over in "
                      + config.broker().runDirectory()
                      + " already; try again when it serves",
                  refused.getMessage());
              askToLetGo();
            });
        try (RawClient client = client()) {
          turn(client);
        }
      }
    }
  }

  @Test
  void who_asks_a_leaving_broker_to_let_go_is_told_that_somebody_else_has() throws Exception {
    try (Broker first = broker()) {
      first.start();
      askToLetGo();
      AdminException refused = assertThrows(AdminException.class, this::askToLetGo);
      assertEquals(
          "another broker takes over already; try again when it serves", refused.getMessage());
    }
  }

  @Test
  void a_predecessor_that_has_died_before_it_could_answer_is_succeeded() throws Exception {
    try (Broker second = broker()) {
      second.succeed(
          () -> {
            throw new IOException("no answer");
          });
      try (RawClient client = client()) {
        turn(client);
      }
    }
  }
}
