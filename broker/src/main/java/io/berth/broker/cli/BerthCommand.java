// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code berth}: runs a broker and looks after one. */
@Command(
    name = "berth",
    description = "One owner process per native driver, shared by all applications of the host.",
    mixinStandardHelpOptions = true,
    versionProvider = BerthCommand.Version.class,
    subcommands = {
      UpCommand.class,
      ReloadCommand.class,
      StatusCommand.class,
      TopCommand.class,
      AuditCommand.class,
      CallCommand.class,
      KeyCommand.class,
      DeviceCommand.class,
      ConfigCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    })
public final class BerthCommand {
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = BerthCommand.class.getPackage().getImplementationVersion();
      return new String[] {"berth " + (version == null ? "(not packaged)" : version)};
    }
  }

  private BerthCommand() {}

  /** The entry point. */
  public static void main(String[] arguments) {
    // Before the first class that logs is loaded.
    System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
    System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSS");
    System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
    System.setProperty("org.slf4j.simpleLogger.log.net.openhft", "warn");
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    Failures failures = new Failures();
    CommandLine berth = new CommandLine(new BerthCommand());
    versions(berth);
    return berth.setExecutionStrategy(failures).setExecutionExceptionHandler(failures);
  }

  private static void versions(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    command.getSubcommands().values().forEach(BerthCommand::versions);
  }
}
