// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessIdentityTest {
  @TempDir private Path proc;

  private Optional<ProcessIdentity> of(String state) throws IOException {
    Files.createDirectories(proc.resolve("42"));
    Files.createDirectories(proc.resolve("sys/kernel/random"));
    Files.writeString(proc.resolve("sys/kernel/random/boot_id"), "this-boot\n");
    Files.writeString(
        proc.resolve("42/stat"),
        "42 (a) R (name) " + state + " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20\n");
    return ProcessIdentity.of(proc, 42);
  }

  @Test
  void it_is_number_start_and_boot_whatever_the_process_calls_itself() throws IOException {
    assertEquals("42 4711 this-boot", of("S").orElseThrow().text());
  }

  @Test
  void who_has_ended_has_none_though_nobody_has_reaped_him() throws IOException {
    assertEquals(Optional.empty(), of("Z"));
  }

  @Test
  void this_kernel_tells_it() {
    long own = ProcessHandle.current().pid();
    String text = ProcessIdentity.of(own).orElseThrow().text();
    assertTrue(text.matches(own + " [1-9][0-9]* [0-9a-f-]{36}"), text);
    assertEquals(own, ProcessIdentity.pidOf(text));
  }
}
