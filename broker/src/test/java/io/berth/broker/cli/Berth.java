// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import picocli.CommandLine;

/** The command, run in this process, and what it printed. */
record Berth(int exitCode, String out, String err) {
  /** Not for tests that run beside others: standard output and error are the process's. */
  static Berth run(String... arguments) {
    return run(BerthCommand.commandLine(), arguments);
  }

  /** One subcommand alone, made by the test. */
  static Berth runAlone(Object subcommand, String... arguments) {
    return run(new CommandLine(subcommand), arguments);
  }

  private static Berth run(CommandLine command, String... arguments) {
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(out, true, UTF_8));
      System.setErr(new PrintStream(err, true, UTF_8));
      command.setOut(new PrintWriter(out, true, UTF_8));
      command.setErr(new PrintWriter(err, true, UTF_8));
      int exitCode = command.execute(arguments);
      return new Berth(exitCode, out.toString(UTF_8), err.toString(UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }
}
