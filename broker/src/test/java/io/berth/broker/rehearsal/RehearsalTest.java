// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RehearsalTest {
  private static final long LONG_NANOS = 600_000_000_000L;

  @TempDir private Path folder;

  private Config config(String more) throws Exception {
    Path file = folder.resolve("berth.yaml");
    Files.writeString(
        file,
        "broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock}\n"
                .formatted(folder)
            + more);
    return new ConfigLoader().load(file);
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }

  private static long mappings() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains("memfd:berth-")).count();
    }
  }

  @Test
  void every_request_is_answered_and_nothing_stays_open_or_mapped() throws Exception {
    Config config = config("devices: [{name: bench, scheme: echo, driver: echo}]\n");
    Rehearsal.run(config, LONG_NANOS); // Loads what stays loaded, and open.
    long descriptors = descriptors();
    long mappings = mappings();
    assertEquals(Rehearsal.REQUESTS, Rehearsal.run(config, LONG_NANOS));
    // Not equality, nor none: what earlier tests had open or mapped may be gone by now, or stay.
    assertTrue(descriptors() <= descriptors);
    assertTrue(mappings() <= mappings);
  }

  @Test
  void it_ends_when_its_time_is_up() throws Exception {
    assertEquals(0, Rehearsal.run(config(""), 0));
  }

  @Test
  void it_touches_no_file() throws Exception {
    Config config = config("");
    Rehearsal.run(config, LONG_NANOS);
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.allMatch(file -> file.endsWith("berth.yaml")));
    }
  }
}
