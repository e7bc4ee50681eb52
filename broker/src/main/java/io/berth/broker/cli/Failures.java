// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminException;
import io.berth.broker.config.ConfigException;
import io.berth.jni.NativeLibraryError;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.ParseResult;

/** Says what went wrong in one message; a stack trace only for what should not happen. */
final class Failures implements IExecutionExceptionHandler, IExecutionStrategy {
  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed)
      throws Exception {
    if (failure instanceof AdminException administration) {
      command.getErr().println("berth: " + failure.getMessage());
      return ExitCode.of(administration);
    }
    if (failure instanceof CounterSnapshot.NoCountersException) {
      command.getErr().println("berth: " + failure.getMessage());
      return ExitCode.NO_BROKER;
    }
    if (failure instanceof ConfigException || failure instanceof IOException) {
      command.getErr().println("berth: " + failure.getMessage());
      return 1;
    }
    throw failure;
  }

  @Override
  public int execute(ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (NativeLibraryError e) {
      return report(e);
    }
  }

  /** As for exceptions: a missing or foreign native library is the installer's to mend. */
  static int report(NativeLibraryError error) {
    System.err.println("berth: " + error.getMessage());
    return 1;
  }
}
