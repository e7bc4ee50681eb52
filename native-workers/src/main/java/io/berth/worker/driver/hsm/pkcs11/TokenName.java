// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.shm.control.TargetSetting;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What a local name stands for: the objects with a label, an id or both. Without these settings it
 * is the label itself, or {@code id-HEX} for objects whose label serves nobody.
 *
 * @param name the local name; empty for the device itself
 * @param label CKA_LABEL, or null for any
 * @param id CKA_ID, or null for any
 * @param configured whether label and id are from the configuration
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record TokenName(String name, String label, byte[] id, boolean configured) implements Target {
  /** Longer ones are names of nothing. */
  static final int NAME_CHARACTERS_MAX = 128;

  private static final String ID_PREFIX = "id-";
  private static final List<String> SETTINGS = List.of("label", "id", GroupObjects.OBJECTS);

  static TokenName of(String device, String name, Map<String, String> settings)
      throws RequestException {
    for (String key : settings.keySet()) {
      if (!SETTINGS.contains(key) && !TargetSetting.CATALOGUE.contains(key)) {
        throw wrong(
            device,
            name,
            "unknown setting '" + key + "', known are " + String.join(", ", SETTINGS));
      }
    }
    if (!settings.containsKey("label") && !settings.containsKey("id")) {
      return new TokenName(name, name, null, false);
    }
    byte[] id = null;
    if (settings.containsKey("id")) {
      try {
        id = HexFormat.of().parseHex(settings.get("id").strip());
      } catch (IllegalArgumentException e) {
        throw wrong(
            device, name, "id: expected hexadecimal digits, found '" + settings.get("id") + "'");
      }
    }
    return new TokenName(name, settings.get("label"), id, true);
  }

  private static RequestException wrong(String device, String name, String what) {
    return new RequestException(
        Status.FAILED_PRECONDITION, Reason.DRIVER_ERROR, device + "/" + name + ": " + what);
  }

  /** The token itself, with what a session has made. */
  boolean isDevice() {
    return name.isEmpty();
  }

  /** The id of a name {@code id-HEX} that nobody configured, or null. */
  byte[] impliedId() {
    if (configured || !name.startsWith(ID_PREFIX)) {
      return null;
    }
    try {
      byte[] implied = HexFormat.of().parseHex(name, ID_PREFIX.length(), name.length());
      return implied.length == 0 ? null : implied;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The local name of an object that has none in the configuration; empty if it has none. */
  static String impliedBy(String label, byte[] id) {
    if (isUsable(label)) {
      return label;
    }
    return id == null || id.length == 0 ? "" : ID_PREFIX + HexFormat.of().formatHex(id);
  }

  /** Whether a label can be a local name. */
  static boolean isUsable(String label) {
    return label != null
        && !label.isEmpty()
        && label.length() <= NAME_CHARACTERS_MAX
        && label
            .codePoints()
            .noneMatch(c -> Character.isISOControl(c) || c == '\uFFFD' || c == '*');
  }

  RequestException notFound(String what) {
    return new RequestException(
        Reason.UNKNOWN_RESOURCE.usualStatus(),
        Reason.UNKNOWN_RESOURCE,
        "the token has no " + what + " named '" + name + "'");
  }
}
