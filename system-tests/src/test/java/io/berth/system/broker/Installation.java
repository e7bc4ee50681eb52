// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The assembled installation under test: property {@code berth.dist}. */
public final class Installation {
  private Installation() {}

  public static Path directory() {
    String dist = System.getProperty("berth.dist");
    if (dist == null || !Files.isExecutable(Path.of(dist, "bin/berth"))) {
      throw new IllegalStateException(
          "no installation in " + dist + "; build it first: mvn -DskipTests package");
    }
    return Path.of(dist).toAbsolutePath();
  }

  public static Path command() {
    return directory().resolve("bin/berth");
  }

  public static Path cardTool() {
    return directory().resolve("bin/berth-softcard");
  }

  public static Path cardLibrary() {
    return directory().resolve("lib/native/libberth-softcard.so");
  }

  /** The load program in C. */
  public static Path nativeLoad() {
    return directory().resolve("libexec/berth-echo-load");
  }

  /** The typed HSM calls in C, as commands. */
  public static Path nativeHsm() {
    return directory().resolve("libexec/berth-hsm-dialogue");
  }

  /** The java that runs these tests runs everything else too. */
  public static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** A finished command. */
  public record Outcome(int exitCode, String output) {}

  /** Runs the {@code berth} command to its end; output and errors together. */
  public static Outcome berth(String... words) {
    List<String> command = new ArrayList<>(List.of(command().toString()));
    command.addAll(List.of(words));
    return run(command);
  }

  /** Runs a command to its end; output and errors together. */
  public static Outcome run(List<String> command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("JAVA", java().toString());
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      return new Outcome(process.waitFor(), output);
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
