// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.Host;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that say which broker of this host is meant. */
final class BrokerPlace {
  private static final String ENVIRONMENT = "BERTH_RUN";

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

  Path runDirectory() throws ConfigException {
    if (configFile != null) {
      return broker().runDirectory();
    }
    if (runDirectory != null) {
      return runDirectory.toAbsolutePath().normalize();
    }
    String environment = System.getenv(ENVIRONMENT);
    return environment != null && !environment.isEmpty()
        ? Path.of(environment).toAbsolutePath().normalize()
        : Host.current().runDirectory();
  }

  /** Without --config: where it is unless the configuration says otherwise. */
  Path countersFile() throws ConfigException {
    return configFile != null ? broker().countersFile() : runDirectory().resolve("counters.dat");
  }

  Path clientSocket() throws ConfigException {
    return configFile != null ? broker().clientSocket() : runDirectory().resolve("broker.sock");
  }

  private BrokerConfig broker() throws ConfigException {
    if (runDirectory != null) {
      throw new CommandLine.ParameterException(
          command.commandLine(), "give --config or --run, not both");
    }
    return new ConfigLoader().load(configFile).broker();
  }
}
