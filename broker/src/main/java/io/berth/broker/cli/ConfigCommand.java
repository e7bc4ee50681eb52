// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.Problem;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth config}. */
@Command(
    name = "config",
    mixinStandardHelpOptions = true,
    description = "Looks after configuration files.",
    subcommands = ConfigCommand.Check.class)
final class ConfigCommand {
  private ConfigCommand() {}

  /** {@code berth config check}. */
  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      description = {
        "Reads a configuration as the broker would and prints every effective value, defaults"
            + " written out and names of users replaced by their numbers, as a file that could be"
            + " used again. Warnings and errors go to standard error, each with line, column and"
            + " what to do; all errors at once. Starts nothing and changes nothing.",
        "docs/berth.yaml explains every key."
      },
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:The configuration can be used; there may be warnings.",
        "1:It cannot.",
        "2:The command line is wrong."
      })
  static final class Check implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The configuration.")
    private Path file;

    @Option(
        names = {"-q", "--quiet"},
        description = "Print problems only.")
    private boolean quiet;

    @Override
    public Integer call() {
      Config config;
      try {
        config = new ConfigLoader().load(file);
      } catch (ConfigException e) {
        // Not the exception's message, which leaves some out: here somebody mends the file.
        e.problems().forEach(problem -> System.err.println("berth: " + problem));
        return ExitCode.FAILED;
      }
      for (Problem warning : config.warnings()) {
        System.err.println("warning: " + warning);
      }
      if (!quiet) {
        System.out.print(config.toText());
      }
      return ExitCode.OK;
    }
  }
}
