// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.config.ConfigException;
import io.berth.broker.journal.AuditRecord;
import io.berth.broker.journal.Finding;
import io.berth.broker.journal.Head;
import io.berth.broker.journal.JournalFiles;
import io.berth.broker.journal.JournalReader;
import io.berth.broker.journal.JournalVerifier;
import io.berth.broker.journal.VerificationKey;
import io.berth.broker.journal.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code berth audit}: looks into the journal, also while a broker writes it. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Verifies and shows the audit journal.",
    subcommands = {AuditCommand.Verify.class, AuditCommand.Show.class})
final class AuditCommand {
  /** Exit code of a journal with findings. */
  static final int FINDINGS = 1;

  private AuditCommand() {}

  /** Which journal is meant. */
  static final class Where {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
        names = "--directory",
        paramLabel = "DIR",
        description =
            "The journal's directory. Without it: that of --config, else of the broker that runs"
                + " there, which tells administrators.")
    private Path directory;

    JournalFiles files(BrokerPlace place) throws ConfigException, IOException {
      if (directory != null && place.isGiven()) {
        throw new ParameterException(
            command.commandLine(), "give one of --directory, --config and --run");
      }
      JournalFiles files =
          new JournalFiles(directory == null ? place.journalDirectory() : directory);
      if (!Files.isDirectory(files.queue())) {
        throw new IOException(files.directory() + " holds no journal");
      }
      return files;
    }
  }

  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description =
          "Checks every record: exit code 0 when all is intact, 1 with findings, 2 when it could"
              + " not be asked properly.")
  static final class Verify implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private BrokerPlace place;
    @Mixin private Where where;

    @Option(
        names = "--key",
        paramLabel = "FILE",
        description = "The verification key; by default the one that still lies in the directory.")
    private Path key;

    @Option(
        names = "--expect-head",
        paramLabel = "SEQ:MAC",
        description =
            "A head that an earlier verification printed: finds a journal set back as a whole.")
    private String expectedHead;

    @Override
    public Integer call() {
      try {
        return verify();
      } catch (ConfigException | IOException e) {
        // Not 1: that the journal could not be read is no finding about it.
        spec.commandLine().getErr().println("berth audit verify: " + e.getMessage());
        spec.commandLine().getErr().flush();
        return ExitCode.USAGE;
      }
    }

    private int verify() throws ConfigException, IOException {
      JournalFiles files = where.files(place);
      Path keyFile = key == null ? files.verificationKey() : key;
      if (!Files.exists(keyFile)) {
        throw new IOException(keyFile + " does not exist; name the auditor's copy with --key");
      }
      VerifyReport report;
      try (VerificationKey verification = VerificationKey.read(keyFile)) {
        report = new JournalVerifier(files, verification, head()).verify();
      }
      for (Finding finding : report.findings()) {
        spec.commandLine().getOut().println(finding);
      }
      for (String note : report.notes()) {
        spec.commandLine().getOut().println("note: " + note);
      }
      spec.commandLine()
          .getOut()
          .println(
              (report.findings().isEmpty() ? "intact: " : "NOT INTACT: ")
                  + report.verifiedRecords()
                  + " of "
                  + report.records()
                  + " records verified, "
                  + report.checkpoints()
                  + " signed checkpoints, "
                  + report.findings().size()
                  + " findings; head "
                  + report.head());
      spec.commandLine().getOut().flush();
      return report.findings().isEmpty() ? 0 : FINDINGS;
    }

    private Head head() {
      if (expectedHead == null) {
        return null;
      }
      try {
        return Head.parse(expectedHead);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), "--expect-head: " + e.getMessage(), e);
      }
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Prints the last records as they stand; it does not verify them.")
  static final class Show implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private BrokerPlace place;
    @Mixin private Where where;

    @Option(
        names = "--last",
        paramLabel = "N",
        defaultValue = "20",
        description = "How many; default 20.")
    private int last;

    @Override
    public Integer call() throws Exception {
      if (last < 1) {
        throw new ParameterException(spec.commandLine(), "--last: expected >= 1, found " + last);
      }
      for (AuditRecord record : JournalReader.last(where.files(place), last)) {
        spec.commandLine().getOut().println(record);
      }
      spec.commandLine().getOut().flush();
      return 0;
    }
  }
}
