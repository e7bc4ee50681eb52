// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.control.TargetSetting;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.util.List;
import java.util.Map;

/**
 * What a local name stands for on the card.
 *
 * @param name the local name; empty for the card itself
 * @param index in the space of its kind
 * @param passwordFile of the private key's access right, or null if the key needs none
 */
record SdfKey(String name, Kind kind, int index, String passwordFile) implements Target {
  /** The spaces of indices that a card has, and the card itself. */
  enum Kind {
    /** An index with a signing and an encryption pair. */
    SM2,
    /** A key-encryption key. */
    KEK,
    /** An index with RSA pairs, counted apart from those of SM2. */
    RSA,
    CARD
  }

  private static final List<String> SETTINGS =
      List.of(
          "index",
          "kind",
          "access_password_file",
          GroupKeys.ENCRYPTION_PUBLIC_KEY,
          GroupKeys.WITNESS_WRAPPED,
          GroupKeys.WITNESS_CHECK,
          GroupMeasure.SIGNING_KEY,
          GroupMeasure.ENCRYPTION_KEY,
          GroupMeasure.WITNESS_WRAPPED,
          GroupMeasure.WITNESS_CHECK);

  static final SdfKey CARD = new SdfKey("", Kind.CARD, -1, null);

  /** Reads {@code index}, {@code kind} and {@code access_password_file}. */
  static SdfKey of(
      String device, String name, Map<String, String> settings, String devicePasswordFile)
      throws RequestException {
    if (name.isEmpty()) {
      return CARD;
    }
    for (String key : settings.keySet()) {
      if (!SETTINGS.contains(key) && !TargetSetting.CATALOGUE.contains(key)) {
        throw wrong(
            device,
            name,
            "unknown setting '" + key + "', known are " + String.join(", ", SETTINGS));
      }
    }
    String index = settings.get("index");
    if (index == null) {
      throw new RequestException(
          Reason.UNKNOWN_RESOURCE.usualStatus(),
          Reason.UNKNOWN_RESOURCE,
          device
              + ": the configuration has no key '"
              + name
              + "' with an index; add it to devices["
              + device
              + "].keys");
    }
    try {
      Kind kind =
          switch (settings.getOrDefault("kind", "sm2")) {
            case "sm2" -> Kind.SM2;
            case "kek" -> Kind.KEK;
            case "rsa" -> Kind.RSA;
            default -> throw wrong(device, name, "kind", settings.get("kind"), "sm2, rsa or kek");
          };
      return new SdfKey(
          name,
          kind,
          Integer.parseUnsignedInt(index.strip()),
          settings.getOrDefault("access_password_file", devicePasswordFile));
    } catch (NumberFormatException e) {
      throw wrong(device, name, "index", index, "a number");
    }
  }

  private static RequestException wrong(
      String device, String name, String key, String found, String expected) {
    return wrong(
        device, name, "setting '" + key + "': expected " + expected + ", found '" + found + "'");
  }

  private static RequestException wrong(String device, String name, String what) {
    return new RequestException(
        Status.FAILED_PRECONDITION, Reason.DRIVER_ERROR, device + "/" + name + ": " + what);
  }

  /** The index, if this name is of that kind. */
  int indexOf(Kind wanted) throws RequestException {
    if (kind != wanted) {
      throw RequestException.invalid(
          "this operation needs a key of kind "
              + wanted
              + ", "
              + (kind == Kind.CARD
                  ? "and what was opened is the device itself: open DEVICE/KEY"
                  : "'" + name + "' is of kind " + kind));
    }
    return index;
  }
}
