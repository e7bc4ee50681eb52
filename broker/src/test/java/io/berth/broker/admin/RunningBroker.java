// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.Broker;
import io.berth.broker.SilentEvents;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.dataplane.KeyUseJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A real broker without devices in this process, in a directory with a short name: sockets' paths
 * are bounded. It needs no installation: unit tests run before there is one.
 */
public final class RunningBroker implements AutoCloseable {
  private final Path root;
  private final Config config;
  private final Broker broker;

  private RunningBroker(Path root, String text) throws IOException, ConfigException {
    this.root = root;
    Path file = root.resolve("berth.yaml");
    Files.writeString(file, text);
    this.config = new ConfigLoader().load(file);
    SilentEvents silence = new SilentEvents();
    this.broker =
        new Broker(
            config,
            root.resolve("no-installation"),
            AuditTrail.of(silence, silence, KeyUseJournal.NONE, AdminEvents.LOGGED));
    broker.start();
  }

  /**
   * Starts one.
   *
   * @param more lines of the configuration, beside the directories, under {@code broker:} first
   */
  public static RunningBroker start(String more) throws IOException, ConfigException {
    Path root = Files.createTempDirectory("berth-t");
    return new RunningBroker(
        root,
        "broker:\n  run_directory: "
            + root.resolve("run")
            + "\n  data_directory: "
            + root.resolve("data")
            + "\n  lock_directory: "
            + root.resolve("lock")
            + "\n"
            + more);
  }

  public Path runDirectory() {
    return config.broker().runDirectory();
  }

  public Path configFile() {
    return root.resolve("berth.yaml");
  }

  Path socket() {
    return runDirectory().resolve(AdminDoor.SOCKET_NAME);
  }

  @Override
  public void close() throws IOException {
    broker.close();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
