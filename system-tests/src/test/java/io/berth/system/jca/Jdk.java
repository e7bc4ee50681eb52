// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.system.broker.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** A JDK of this machine and its tools. */
record Jdk(Path home, Runtime.Version version) {
  private static final Path USUAL_PLACE = Path.of("/usr/lib/jvm");

  /** The one of these tests, and the newest that is installed if that is another. */
  static List<Jdk> thisAndNewest() throws IOException {
    List<Jdk> found = new ArrayList<>();
    Jdk own = new Jdk(Installation.java().getParent().getParent(), Runtime.version());
    found.add(own);
    if (Files.isDirectory(USUAL_PLACE)) {
      try (Stream<Path> homes = Files.list(USUAL_PLACE)) {
        for (Path home : homes.toList()) {
          if (Files.isExecutable(home.resolve("bin/jarsigner"))
              && Files.isReadable(home.resolve("release"))) {
            found.add(new Jdk(home, versionOf(home)));
          }
        }
      }
    }
    Jdk newest = found.stream().max(Comparator.comparing(Jdk::version)).orElseThrow();
    return newest.version().feature() == own.version().feature()
        ? List.of(own)
        : List.of(own, newest);
  }

  private static Runtime.Version versionOf(Path home) throws IOException {
    Properties release = new Properties();
    try (var file = Files.newBufferedReader(home.resolve("release"))) {
      release.load(file);
    }
    String quoted = release.getProperty("JAVA_VERSION", "\"1\"");
    String text = quoted.replace("\"", "").replaceFirst("^1\\.8\\..*", "8");
    return Runtime.Version.parse(text);
  }

  /** Runs one of its tools, which must succeed; what it said. */
  String run(String tool, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(home.resolve("bin").resolve(tool).toString()));
    command.addAll(arguments);
    Installation.Outcome outcome = Installation.run(command);
    assertEquals(0, outcome.exitCode(), () -> String.join(" ", command) + ": " + outcome.output());
    return outcome.output();
  }

  /** Whether jarsigner can be told where a provider lies, as it can since 19. */
  boolean hasProviderPath() {
    return Installation.run(List.of(home.resolve("bin/jarsigner").toString(), "--help"))
        .output()
        .contains("-providerPath");
  }

  @Override
  public String toString() {
    return "JDK " + version.feature();
  }
}
