// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A program that prepares something for a benchmark. */
public final class Tool {
  private Tool() {}

  /**
   * Runs it to its end.
   *
   * @throws IOException with what it printed, if it ends with a status other than 0
   */
  public static void run(Map<String, String> environment, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String printed;
    try (InputStream output = process.getInputStream()) {
      printed = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() == 0) {
        return;
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted during " + command[0], interrupted);
    }
    // Not the whole command: PINs of tools that take them so stand there.
    throw new IOException(
        command[0] + " ended with status " + process.exitValue() + ": " + printed);
  }
}
