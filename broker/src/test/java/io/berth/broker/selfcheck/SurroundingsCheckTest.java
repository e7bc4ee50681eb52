// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.selfcheck.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurroundingsCheckTest {
  @TempDir private Path folder;

  private List<Finding> surroundings(String of) throws IOException, ConfigException {
    Path file = folder.resolve("berth.yaml");
    Files.writeString(
        file,
        "devices:\n- {name: card, scheme: hsm, driver: hsm/sdf, settings: {library: /opt/libsdf.so},"
            + " surroundings: "
            + of
            + "}\n");
    Config config = new ConfigLoader().load(file);
    return SurroundingsCheck.devices(config.devices());
  }

  @Test
  void the_effective_set_is_told_and_not_only_what_was_configured() throws Exception {
    Map<String, String> found =
        surroundings("{environment: {SDF_CONFIG: /etc/sdf.ini}, unset_environment: [LD_PRELOAD]}")
            .stream()
            .collect(Collectors.toMap(Finding::value, Finding::why));
    assertEquals("SDF_CONFIG=/etc/sdf.ini, without LD_PRELOAD", found.get("environment"));
    assertEquals("now, by dlopen", found.get("loading"));
    assertEquals("an empty one below the run directory", found.get("working directory"));
    assertEquals("one on this host, by the lock hsm-card", found.get("owner"));
    assertEquals("library=/opt/libsdf.so", found.get("settings"));
  }

  @Test
  void a_working_directory_that_is_not_there_is_bad() throws Exception {
    Path missing = folder.resolve("nowhere");
    List<Finding> found = surroundings("{working_directory: " + missing + "}");
    assertTrue(
        found.stream()
            .anyMatch(f -> f.level() == Level.BAD && f.why().contains(missing.toString())),
        found.toString());
  }
}
