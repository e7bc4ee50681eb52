// SPDX-License-Identifier: Apache-2.0
package io.berth.system.dropin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Programs that are run to their end, without input. */
public final class Program {
  private static final Pattern RETURN_VALUE = Pattern.compile("rv = (CKR_[A-Z_]+)");

  private Program() {}

  /** How one ended. */
  public record Outcome(int exitCode, String output, String errors) {
    /** The lines of its output in an order that does not depend on the order of objects. */
    public List<String> sortedLines() {
      return output.lines().sorted().toList();
    }

    /** The return value of PKCS #11 that it names last, or nothing. */
    public String returnValue() {
      Matcher matcher = RETURN_VALUE.matcher(errors);
      String last = "";
      while (matcher.find()) {
        last = matcher.group(1);
      }
      return last;
    }
  }

  /**
   * Runs it.
   *
   * @param directory where it runs, and where its outputs are kept meanwhile
   */
  public static Outcome run(Path directory, Map<String, String> environment, List<String> command) {
    try {
      Path output = Files.createTempFile(directory, "program", ".out");
      Path errors = Files.createTempFile(directory, "program", ".err");
      Process process = start(directory, environment, command, output, errors);
      int exitCode = process.waitFor();
      Outcome outcome =
          new Outcome(
              exitCode,
              new String(Files.readAllBytes(output), UTF_8),
              new String(Files.readAllBytes(errors), UTF_8));
      Files.delete(output);
      Files.delete(errors);
      return outcome;
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Starts it, for who waits for it himself. */
  public static Process start(
      Path directory,
      Map<String, String> environment,
      List<String> command,
      Path output,
      Path errors)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().put("LC_ALL", "C");
    builder.environment().putAll(environment);
    return builder.start();
  }
}
