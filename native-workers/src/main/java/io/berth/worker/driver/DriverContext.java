// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a driver is told when it opens its device.
 *
 * @param name the device's name, for messages
 * @param settings the device's settings, without those of its targets
 * @param allSettings the same with {@code target.NAME.KEY} for every key of every local name
 * @param maxInlineBytes longest payload
 */
public record DriverContext(
    String name,
    Map<String, String> settings,
    Map<String, String> allSettings,
    int maxInlineBytes) {

  private static final String TARGET_PREFIX = "target.";

  /** What the configuration says of one local name; empty if nothing. */
  public Map<String, String> targetSettings(String localName) {
    String prefix = TARGET_PREFIX + localName + ".";
    Map<String, String> found = new LinkedHashMap<>();
    allSettings.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value);
          }
        });
    return found;
  }

  public String setting(String key, String otherwise) {
    return settings.getOrDefault(key, otherwise);
  }

  public String required(String key) throws DriverException {
    String value = settings.get(key);
    if (value == null || value.isEmpty()) {
      throw DriverException.permanent(
          name
              + ": the setting '"
              + key
              + "' is missing; set devices["
              + name
              + "].settings."
              + key);
    }
    return value;
  }

  public int number(String key, int otherwise, int least, int most) throws DriverException {
    String value = settings.get(key);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value.strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(key, value, "a number from " + least + " to " + most);
    }
    throw wrong(key, value, "a number from " + least + " to " + most);
  }

  public boolean flag(String key, boolean otherwise) throws DriverException {
    String value = settings.get(key);
    if (value == null) {
      return otherwise;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(key, value, "true or false");
    };
  }

  /** A setting that makes no sense. */
  public DriverException wrong(String key, String found, String expected) {
    return DriverException.permanent(
        name + ": setting '" + key + "': expected " + expected + ", found '" + found + "'");
  }
}
