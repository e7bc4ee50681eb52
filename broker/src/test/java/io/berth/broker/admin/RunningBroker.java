// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.Broker;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.control.SessionEvents;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.policy.Principal;
import io.berth.broker.supervisor.WorkerEvents;
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
    Silence silence = new Silence();
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

  private static final class Silence implements SessionEvents, WorkerEvents {
    @Override
    public void opened(long session, Principal principal, String clientName) {}

    @Override
    public void closed(long session, Principal principal, String why) {}

    @Override
    public void granted(
        long session, Principal principal, String account, String resource, int permissions) {}

    @Override
    public void denied(long session, Principal principal, String resource, String why) {}

    @Override
    public void started(String device, int incarnation, int pid, String identity) {}

    @Override
    public void died(String device, int incarnation, String how) {}

    @Override
    public void fenced(String device, int incarnation, String why) {}

    @Override
    public void blocked(String device, String why) {}

    @Override
    public void givenUp(String device, String why) {}

    @Override
    public void released(String device, String by) {}

    @Override
    public void resumed(String device) {}
  }
}
