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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A real broker in this process, in a directory with a short name: sockets' paths are bounded. */
public final class RunningBroker implements AutoCloseable {
  private static final Path DIST = Path.of(System.getProperty("berth.dist", "target/dist"));

  private final Path root;
  private final Config config;
  private final Broker broker;
  private final List<String> acts = new CopyOnWriteArrayList<>();
  private final List<String> deaths = new CopyOnWriteArrayList<>();

  private RunningBroker(Path root, String text) throws IOException, ConfigException {
    this.root = root;
    Path file = root.resolve("berth.yaml");
    Files.writeString(file, text);
    this.config = new ConfigLoader().load(file);
    SilentEvents silence = new Recorder();
    this.broker =
        new Broker(config, DIST, AuditTrail.of(silence, silence, KeyUseJournal.NONE, new Acts()));
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

  /** One shared device that echoes, with a worker of its own. */
  public static RunningBroker withEcho(String more) throws IOException, ConfigException {
    return start(
        more
            + "supervision:\n  start_timeout_ms: 60000\n"
            + "devices:\n  - name: bench\n    scheme: echo\n    driver: echo\n"
            + "    ownership: shared\n    lanes: 1\n"
            + "policy:\n  grants:\n    - principal: {any: true}\n"
            + "      resources: [\"echo:bench\"]\n      permissions: [call]\n");
  }

  /** Whether guard and worker have been built. */
  public static boolean canRunWorkers() throws IOException {
    if (!Files.isExecutable(DIST.resolve("libexec/berth-guard"))) {
      return false;
    }
    try (Stream<Path> jars = Files.list(DIST.resolve("lib"))) {
      return jars.anyMatch(jar -> jar.getFileName().toString().startsWith("berth-native-workers"));
    }
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

  /** What the journal would have heard. */
  List<String> acts() {
    return acts;
  }

  /** How workers have ended. */
  List<String> deaths() {
    return deaths;
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

  private final class Acts implements AdminEvents {
    @Override
    public void performed(Administrator who, String act, String resource, String detail) {
      acts.add(act + " " + resource + " " + detail);
    }

    @Override
    public void denied(Administrator who) {
      acts.add("denied " + who.uid());
    }
  }

  private final class Recorder extends SilentEvents {
    @Override
    public void died(String device, int incarnation, String how) {
      deaths.add(how);
    }
  }
}
