// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpCommandTest {
  private static final long MIB = 1L << 20;

  @TempDir private Path directory;

  private Berth upInGroupOf(long limitBytes) throws Exception {
    Path host = directory.resolve("host");
    Files.createDirectories(host.resolve("proc/self"));
    Files.writeString(host.resolve("proc/self/cgroup"), "0::/\n");
    Files.createDirectories(host.resolve("sys/fs/cgroup"));
    Files.writeString(host.resolve("sys/fs/cgroup/memory.max"), limitBytes + "\n");
    Path file = directory.resolve("berth.yaml");
    Files.writeString(
        file, "broker: {memory_limit_mb: 300, run_directory: " + directory.resolve("run") + "}\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return Berth.runAlone(new UpCommand(host), "--config", file.toString());
  }

  @Test
  void memory_that_the_control_group_does_not_allow_is_refused_before_anything_is_made()
      throws Exception {
    Berth up = upInGroupOf(400 * MIB);
    assertEquals(1, up.exitCode(), up.err());
    String said = up.err().lines().filter(line -> line.startsWith("berth: ")).toList().toString();
    assertTrue(said.startsWith("[berth: memory limit of 400 MB: "), said);
    assertTrue(said.contains("460 MB"), said);
    assertTrue(said.contains("lower broker.memory_limit_mb"), said);
    assertEquals(1, said.lines().count(), said);
    assertFalse(Files.exists(directory.resolve("run")));
  }
}
