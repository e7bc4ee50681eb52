// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.DeviceConfig;
import io.berth.shm.control.ControlCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker's settings in portions that have room in one message each: a device may have thousands
 * of keys, each with a public key of some hundred bytes.
 */
final class SettingsMessages {
  /** Header and all other fields of WORKER_WELCOME, which has more of them, generously. */
  private static final int OTHER_BYTES = 1024;

  private static final int MOST_BYTES = ControlCodec.MAX_MESSAGE_BYTES - OTHER_BYTES;

  private SettingsMessages() {}

  /**
   * The portions; at least one, which may be empty.
   *
   * @param groupKeys what the keys of another card of the group are
   */
  static List<Map<String, String>> of(DeviceConfig device, Map<String, String> groupKeys) {
    Map<String, String> all = new LinkedHashMap<>(device.workerSettings());
    all.putAll(groupKeys);
    List<Map<String, String>> messages = new ArrayList<>();
    Map<String, String> portion = new LinkedHashMap<>();
    int bytes = 0;
    for (Map.Entry<String, String> setting : all.entrySet()) {
      int more = bytes(setting);
      if (bytes + more > MOST_BYTES && !portion.isEmpty()) {
        messages.add(portion);
        portion = new LinkedHashMap<>();
        bytes = 0;
      }
      portion.put(setting.getKey(), setting.getValue());
      bytes += more;
    }
    messages.add(portion);
    return messages;
  }

  /** Which setting no worker can be told, and why; or null. */
  static String excess(DeviceConfig device) {
    for (Map.Entry<String, String> setting : device.workerSettings().entrySet()) {
      int bytes = bytes(setting);
      if (bytes > MOST_BYTES) {
        return "setting '"
            + setting.getKey()
            + "' of device "
            + device.name()
            + " takes "
            + bytes
            + " bytes > "
            + MOST_BYTES
            + ", the most that a worker can be told";
      }
    }
    return null;
  }

  private static int bytes(Map.Entry<String, String> setting) {
    return 4 + utf8Bytes(setting.getKey()) + utf8Bytes(setting.getValue());
  }

  private static int utf8Bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
