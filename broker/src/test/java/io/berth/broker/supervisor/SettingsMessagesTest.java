// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.DeviceConfig;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerSettings;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsMessagesTest {
  @TempDir private Path directory;

  private DeviceConfig device(String keys) throws Exception {
    Path file = directory.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %s, data_directory: %s}
        devices:
          - {name: many, scheme: hsm, driver: hsm/sdf, settings: {library: /x}, keys: {%s}}
        """
            .formatted(directory.resolve("run"), directory.resolve("data"), keys));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return new ConfigLoader().load(file).devices().get(0);
  }

  private static String keys(int count) {
    StringBuilder keys = new StringBuilder();
    for (int i = 1; i <= count; i++) {
      String owner = "x".repeat(60);
      keys.append(
          "key-%d: {index: %d, labels: {a: %s, b: %s, c: %s}}, "
              .formatted(i, i, owner, owner, owner));
    }
    return keys.toString();
  }

  @Test
  void a_few_settings_are_one_message() throws Exception {
    DeviceConfig few = device(keys(3));
    assertEquals(List.of(few.workerSettings()), SettingsMessages.of(few, Map.of()));
    assertNull(SettingsMessages.excess(few));
  }

  @Test
  void thousands_of_keys_are_several_and_none_is_lost() throws Exception {
    DeviceConfig many = device(keys(3000));
    List<Map<String, String>> messages = SettingsMessages.of(many, Map.of());
    assertTrue(messages.size() > 1, messages.size() + " messages");
    Map<String, String> all = new LinkedHashMap<>();
    messages.forEach(all::putAll);
    assertEquals(many.workerSettings(), all);
    assertNull(SettingsMessages.excess(many));
    for (Map<String, String> message : messages) {
      encode(new WorkerSettings(message));
      encode(new WorkerWelcome(1, 0, 1, 1, 1, 1, 1, 1, 1, 1, "x".repeat(256), message, 9));
    }
  }

  private static void encode(ControlMessage message) {
    assertTrue(ControlCodec.encode(0, message).remaining() <= ControlCodec.MAX_MESSAGE_BYTES);
  }
}
