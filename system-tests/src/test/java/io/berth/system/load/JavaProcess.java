// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.system.broker.Installation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;

/** A main class of these tests in a process of its own, killed when it is closed. */
public final class JavaProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private JavaProcess(Process process) {
    this.process = process;
    this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  public static JavaProcess start(Class<?> main, String... arguments) throws IOException {
    List<String> command = command(main.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return new JavaProcess(builder.start());
  }

  /** How to run a class of the tests. */
  static List<String> command(String main) {
    return new ArrayList<>(
        List.of(
            Installation.java().toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            main));
  }

  /** Waits until it prints exactly this. */
  public void awaitLine(String wanted) throws IOException {
    StringBuilder said = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.equals(wanted)) {
        return;
      }
      said.append(line).append('\n');
    }
    throw new AssertionError("it ended without '" + wanted + "': " + said);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.destroyForcibly();
    process.waitFor();
    output.close();
  }
}
