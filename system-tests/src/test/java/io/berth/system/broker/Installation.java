// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The assembled installation under test: property {@code berth.dist}; and the programs in C that
 * only tests run, which are no part of it: {@code berth.test.programs}.
 */
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

  private static Path testProgram(String name) {
    Path program = Path.of(System.getProperty("berth.test.programs", "?"), name);
    if (!Files.isExecutable(program)) {
      throw new IllegalStateException(
          "no program " + program + "; build it first: mvn -DskipTests package");
    }
    return program.toAbsolutePath();
  }

  /** The load program in C. */
  public static Path nativeLoad() {
    return testProgram("berth-echo-load");
  }

  /** The typed HSM calls in C, as commands. */
  public static Path nativeHsm() {
    return testProgram("berth-hsm-dialogue");
  }

  /** The GM/T 0018 interface in a card's place. */
  public static Path sdfLibrary() {
    return directory().resolve("lib/libberth-sdf.so");
  }

  /** Makes the same calls on any PKCS #11 module. */
  public static Path pkcs11Calls() {
    return testProgram("berth-pkcs11-calls");
  }

  /** SM4 through any PKCS #11 module, as commands. */
  public static Path pkcs11Sm4() {
    return testProgram("berth-pkcs11-sm4");
  }

  /** Calls whichever SDF library it is given, as commands. */
  public static Path sdfDialogue() {
    return testProgram("berth-sdf-dialogue");
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
    return run(command, Map.of());
  }

  /** As that, with more in its environment. */
  public static Outcome run(List<String> command, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
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
