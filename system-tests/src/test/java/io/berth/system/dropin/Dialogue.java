// SPDX-License-Identifier: Apache-2.0
package io.berth.system.dropin;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.util.Map;

/** A program that answers each line with a line. */
public final class Dialogue implements AutoCloseable {
  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;

  private Dialogue(Process process) {
    this.process = process;
    this.commands = process.outputWriter(US_ASCII);
    this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII));
  }

  /** Starts it, with these variables beside those of this process. */
  public static Dialogue start(Map<String, String> environment, String... command)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new Dialogue(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** The line that it answers. */
  public String ask(String command) {
    String shortened = command.substring(0, Math.min(command.length(), 100));
    try {
      commands.write(command + "\n");
      commands.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new AssertionError("the program ended at: " + shortened);
      }
      return answer;
    } catch (IOException e) {
      throw new AssertionError("the program is gone at: " + shortened, e);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    commands.close();
    process.destroyForcibly();
    process.waitFor();
    answers.close();
  }
}
