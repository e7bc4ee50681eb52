// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.admin.AdminEvents;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.dataplane.KeyUseJournal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A broker one of whose threads dies. */
class LoudEndTest {
  private static final int PATIENCE_SECONDS = 60;

  private final BlockingQueue<Integer> ends = new LinkedBlockingQueue<>();
  private Path root;

  @BeforeEach
  void make_directory() throws Exception {
    root = Files.createTempDirectory("berth-t");
  }

  @AfterEach
  void remove_directory() throws Exception {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void assertEndsWhen(Consumer<Broker> fault) throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        "broker:\n  run_directory: "
            + root.resolve("run")
            + "\n  data_directory: "
            + root.resolve("data")
            + "\n");
    Config config = new ConfigLoader().load(file);
    SilentEvents silence = new SilentEvents();
    AuditTrail audit = AuditTrail.of(silence, silence, KeyUseJournal.NONE, AdminEvents.LOGGED);
    Broker broker = new Broker(config, root, audit, new LoudEnd(ends::add));
    broker.start();
    fault.accept(broker);
    assertEquals(LoudEnd.EXIT_CODE, ends.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    broker.close();
  }

  @Test
  void an_exception_on_the_data_path_ends_the_broker_with_a_code() throws Exception {
    assertEndsWhen(
        broker ->
            broker
                .data()
                .execute(
                    () -> {
                      throw new IllegalStateException("a defect");
                    }));
  }

  @Test
  void an_error_on_the_control_thread_ends_the_broker_with_a_code() throws Exception {
    assertEndsWhen(
        broker ->
            broker
                .control()
                .execute(
                    () -> {
                      throw new NoClassDefFoundError("a jar that was replaced");
                    }));
  }
}
