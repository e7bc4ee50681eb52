// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.Host;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that say which broker of this host is meant. */
final class BrokerPlace {
  private static final String ENVIRONMENT = "BERTH_RUN";
  private static final String SOCKET_ENVIRONMENT = "BERTH_SOCKET";

  private static final long ANSWER_MILLIS = 5_000;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration that the broker runs with.")
  private Path configFile;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description =
          "The broker's run directory. Without --config and --run: $BERTH_RUN, else the run"
              + " directory of a configuration that names none (/run/berth for root).")
  private Path runDirectory;

  private final Map<String, String> environment;

  BrokerPlace() {
    this(System.getenv());
  }

  BrokerPlace(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Whether the command line says it. */
  boolean isGiven() {
    return configFile != null || runDirectory != null;
  }

  Path runDirectory() throws ConfigException {
    if (configFile != null) {
      return broker().runDirectory();
    }
    if (runDirectory != null) {
      return runDirectory.toAbsolutePath().normalize();
    }
    String named = environment.getOrDefault(ENVIRONMENT, "");
    return named.isEmpty()
        ? Host.current().runDirectory()
        : Path.of(named).toAbsolutePath().normalize();
  }

  /** Without --config: where it is unless the configuration says otherwise. */
  Path countersFile() throws ConfigException {
    return configFile != null ? broker().countersFile() : runDirectory().resolve("counters.dat");
  }

  private Path clientSocket() throws ConfigException {
    return configFile != null ? broker().clientSocket() : runDirectory().resolve("broker.sock");
  }

  /** For who comes as an application: like {@link #clientSocket}, and as client libraries do. */
  Path applicationSocket() throws ConfigException {
    boolean named = isGiven() || !environment.getOrDefault(ENVIRONMENT, "").isEmpty();
    String socket = environment.getOrDefault(SOCKET_ENVIRONMENT, "");
    return !named && socket.startsWith("/") ? Path.of(socket) : clientSocket();
  }

  /**
   * The journal's directory: the configuration's, else asked of the running broker.
   *
   * @throws IOException if no broker answers there, or it keeps no journal
   */
  Path journalDirectory() throws ConfigException, IOException {
    if (configFile != null) {
      return config().journal().directory();
    }
    try (AdminClient admin = AdminClient.connect(runDirectory())) {
      String directory = admin.status(ANSWER_MILLIS).getJournalDirectory();
      if (directory.isEmpty()) {
        throw new IOException("the broker in " + runDirectory() + " keeps no journal");
      }
      return Path.of(directory);
    }
  }

  private BrokerConfig broker() throws ConfigException {
    return config().broker();
  }

  private Config config() throws ConfigException {
    if (runDirectory != null) {
      throw new CommandLine.ParameterException(
          command.commandLine(), "give --config or --run, not both");
    }
    return new ConfigLoader().load(configFile);
  }
}
