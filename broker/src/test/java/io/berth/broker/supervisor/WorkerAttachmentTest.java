// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.DeviceConfig;
import io.berth.shm.control.ControlMessage.WorkerReady;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerAttachmentTest {
  private static final int KIB = 1024;
  private static final int GIB = 1 << 30;

  @TempDir private Path directory;

  @Test
  void a_workers_ring_holds_what_four_clients_send() {
    assertEquals(256 * KIB, WorkerAttachment.ringBytes(64 * KIB, 4 * KIB, GIB));
  }

  @Test
  void a_workers_ring_holds_eight_of_the_largest_payloads() {
    assertEquals(512 * KIB, WorkerAttachment.ringBytes(4 * KIB, 64 * KIB, GIB));
  }

  @Test
  void the_largest_rings_that_can_be_configured_do_not_become_the_smallest() {
    assertEquals(GIB, WorkerAttachment.ringBytes(GIB / 2, 64 * KIB, GIB));
    assertEquals(GIB, WorkerAttachment.ringBytes(GIB, 64 * KIB, GIB));
  }

  @Test
  void no_ring_is_larger_than_allowed() {
    assertEquals(128 * KIB, WorkerAttachment.ringBytes(64 * KIB, 4 * KIB, 128 * KIB));
  }

  private DeviceConfig device(String window) throws Exception {
    Path file = directory.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %s, data_directory: %s}
        devices:
          - {name: bench, scheme: echo, driver: echo, window: %s}
        """
            .formatted(directory.resolve("run"), directory.resolve("data"), window));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return new ConfigLoader().load(file).devices().get(0);
  }

  private static WorkerReady asksFor(int window) {
    return new WorkerReady(4, window, "echo", "", "", List.of(), 0);
  }

  @Test
  void a_window_that_is_configured_is_given_whatever_the_driver_asks_for() throws Exception {
    assertEquals(4096, WorkerAttachment.window(device("4096"), asksFor(8)));
    assertEquals(16, WorkerAttachment.window(device("16"), asksFor(8)));
  }

  @Test
  void a_driver_gets_the_window_that_it_asks_for_as_far_as_one_can_be() throws Exception {
    assertEquals(1, WorkerAttachment.window(device("auto"), asksFor(0)));
    assertEquals(2000, WorkerAttachment.window(device("auto"), asksFor(2000)));
    assertEquals(4096, WorkerAttachment.window(device("auto"), asksFor(4097)));
    assertEquals(4096, WorkerAttachment.window(device("auto"), asksFor(-1)));
  }
}
