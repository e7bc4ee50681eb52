// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Installation;
import io.berth.system.process.Await;
import io.berth.system.process.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A broker whose installation is overwritten while it runs. */
class ReplacedInstallationTest {
  /** Of a JVM that SIGTERM ended, after its shutdown hooks. */
  private static final int ENDED_BY_TERM = 128 + 15;

  private final BrokerSetup setup = BrokerSetup.make().journal().echo("bench");
  private final Path dist = setup.directory().resolve("dist");
  private final Path log = setup.directory().resolve("broker.log");
  private Process broker;

  @BeforeEach
  void install_and_start() throws Exception {
    copy(Installation.directory(), dist);
    setup.write();
    ProcessBuilder builder =
        new ProcessBuilder(
            dist.resolve("bin/berth").toString(), "up", "--config", setup.configFile().toString());
    builder.environment().put("JAVA", Installation.java().toString());
    broker =
        builder
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    awaitLog("device echo:bench: worker");
    // Broker and journal; both write into this log.
    Await.until(
        "both have loaded their classes",
        () -> log().split("classes are loaded ahead of their use", -1).length == 3,
        this::log);
  }

  @AfterEach
  void remove() throws Exception {
    broker.destroyForcibly().waitFor();
    Folders.remove(setup.directory());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private void awaitLog(String text) {
    Await.until("the log says '" + text + "'", () -> log().contains(text), this::log);
  }

  private String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void it_stops_in_order_although_its_jars_are_not_those_any_more() throws Exception {
    List<Path> jars = new ArrayList<>();
    try (Stream<Path> files = Files.list(dist.resolve("lib"))) {
      files.filter(file -> file.toString().endsWith(".jar")).forEach(jars::add);
    }
    for (Path jar : jars) {
      Files.write(jar, new byte[(int) Files.size(jar)]); // In place, as cp does.
    }
    broker.destroy();
    assertTrue(broker.waitFor(60, SECONDS), this::log);
    assertEquals(ENDED_BY_TERM, broker.exitValue(), this::log);
    try (Stream<Path> left = Files.walk(setup.runDirectory())) {
      assertEquals(List.of(), left.filter(file -> !Files.isDirectory(file)).toList(), this::log);
    }
  }
}
