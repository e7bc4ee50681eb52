// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.device.Death;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceChargeTest {
  private static final int STILL_ALIVE = 42;

  /** What the virtual machine exits with under ExitOnOutOfMemoryError. */
  private static final int EXIT_WITHOUT_MEMORY = 3;

  @TempDir private Path directory;

  private DeviceCharge charge(String surroundings) throws Exception {
    Path file = directory.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %s, data_directory: %s}
        supervision: {stop_grace_ms: 77, orphan_timeout_ms: 4321}
        devices:
          - name: bench
            scheme: echo
            driver: echo
            surroundings: %s
        """
            .formatted(directory.resolve("run"), directory.resolve("data"), surroundings));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Config config = new ConfigLoader().load(file);
    return new DeviceCharge(config, config.devices().get(0), directory);
  }

  @Test
  void its_configuration_is_what_guard_and_worker_keep_over_a_reload() throws Exception {
    String before = charge("{}").configuration();
    assertEquals(before, charge("{}").configuration());
    assertFalse(before.equals(charge("{environment: {A: b}}").configuration()));
  }

  /** Has a thread end by the want of memory while another one would live on. */
  static final class LaneWithoutMemory {
    private LaneWithoutMemory() {}

    public static void main(String[] args) throws InterruptedException {
      Thread lane =
          new Thread(
              () -> {
                Object kept = null;
                while (true) {
                  kept = new Object[] {kept, new byte[1 << 20]};
                }
              });
      lane.setUncaughtExceptionHandler((thread, failure) -> {});
      lane.start();
      lane.join();
      System.exit(STILL_ALIVE);
    }
  }

  private static List<String> values(List<String> options, String option) {
    return Stream.iterate(0, i -> i < options.size() - 1, i -> i + 1)
        .filter(i -> options.get(i).equals(option))
        .map(i -> options.get(i + 1))
        .toList();
  }

  @Test
  void a_driver_without_a_working_directory_gets_an_empty_one_of_its_own() throws Exception {
    DeviceCharge charge = charge("{working_directory: auto}");
    Path own = Path.of(values(charge.guardOptions(), "--cwd").get(0));
    assertTrue(own.startsWith(directory.resolve("run")), own.toString());
    assertEquals(PosixFilePermissions.fromString("rwx------"), Files.getPosixFilePermissions(own));

    // What an earlier guard's worker wrote, a link out of it included, is not for this one.
    Path outside = Files.writeString(directory.resolve("outside"), "kept");
    Files.createDirectories(own.resolve("logs"));
    Files.writeString(own.resolve("logs/sdf.log"), "old");
    Files.createSymbolicLink(own.resolve("link"), directory);
    assertEquals(List.of(own.toString()), values(charge.guardOptions(), "--cwd"));
    try (Stream<Path> left = Files.list(own)) {
      assertEquals(List.of(), left.toList());
    }
    assertEquals("kept", Files.readString(outside));

    charge.ended();
    assertFalse(Files.exists(own));
  }

  @Test
  void a_working_directory_that_is_configured_is_used_as_it_is() throws Exception {
    Path given = Files.createDirectory(directory.resolve("given"));
    Files.writeString(given.resolve("sdf.ini"), "");
    DeviceCharge charge = charge("{working_directory: " + given + "}");
    assertEquals(List.of(given.toString()), values(charge.guardOptions(), "--cwd"));
    charge.ended();
    assertTrue(Files.exists(given.resolve("sdf.ini")));
  }

  @Test
  void the_guard_is_told_how_long_it_waits_for_its_worker_and_for_a_broker() throws Exception {
    List<String> options = charge("{}").guardOptions();
    assertEquals(List.of("77"), values(options, "--stop-grace-ms"));
    assertEquals(List.of("4321"), values(options, "--orphan-timeout-ms"));
  }

  @Test
  void the_guard_is_told_every_file_that_the_driver_cannot_do_without() throws Exception {
    DeviceCharge charge = charge("{required_files: [/etc/card/licence, /dev/card0]}");
    assertEquals(
        List.of("/etc/card/licence", "/dev/card0"), values(charge.guardOptions(), "--require"));
  }

  @Test
  void the_guard_is_told_every_group_that_the_device_asks_for() throws Exception {
    DeviceCharge charge = charge("{groups: [4711, 4712]}");
    assertEquals(List.of("4711", "4712"), values(charge.guardOptions(), "--require-group"));
  }

  @Test
  void a_worker_of_which_one_thread_finds_no_memory_ends() throws Exception {
    Files.createFile(
        Files.createDirectory(directory.resolve("lib")).resolve("berth-native-workers.jar"));
    List<String> command = charge("{working_directory: auto}").worker();
    // The virtual machine is that of a worker, what runs in it is not.
    List<String> options = command.subList(0, command.indexOf("-cp"));
    List<String> starved = new ArrayList<>(options);
    starved.addAll(
        List.of("-cp", System.getProperty("java.class.path"), LaneWithoutMemory.class.getName()));
    Process process =
        new ProcessBuilder(starved)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("starved.log").toFile())
            .start();
    assertEquals(EXIT_WITHOUT_MEMORY, process.waitFor());
    assertEquals(Death.BY_ITSELF, new WorkerExit(EXIT_WITHOUT_MEMORY << 8).death());
  }
}
