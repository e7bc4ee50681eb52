// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import io.berth.shm.control.TargetSetting;
import io.berth.shm.spelling.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

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
  private static final List<String> FROM_BROKER =
      List.of("lanes", "interactive_lanes", "loading", "card");

  /** What the configuration says of one local name; empty if nothing. */
  public Map<String, String> targetSettings(String localName) {
    Map<String, String> found = new LinkedHashMap<>();
    allSettings.forEach(
        (setting, value) -> {
          if (TargetSetting.is(setting) && TargetSetting.localName(setting).equals(localName)) {
            found.put(TargetSetting.key(setting), value);
          }
        });
    return found;
  }

  /** The local names of which the configuration says something, in order. */
  public SortedSet<String> targetNames() {
    SortedSet<String> names = new TreeSet<>();
    for (String setting : allSettings.keySet()) {
      if (TargetSetting.is(setting)) {
        names.add(TargetSetting.localName(setting));
      }
    }
    return names;
  }

  /**
   * Refuses settings that this driver does not have, all in one message: one that is mistyped would
   * otherwise be left unread, and the device run with what it was meant to change. A driver asks
   * this first. What the broker gives to every driver, {@code lanes}, {@code interactive_lanes},
   * {@code loading} and, for a card of a group, {@code card}, is never refused.
   */
  public void refuseUnknown(String... known) throws DriverException {
    List<String> names = List.of(known);
    String unknown =
        settings.keySet().stream()
            .filter(key -> !names.contains(key) && !FROM_BROKER.contains(key))
            .sorted()
            .map(key -> unknown(key, names))
            .collect(Collectors.joining("; "));
    if (!unknown.isEmpty()) {
      throw DriverException.permanent(
          name + ": " + unknown + "; correct devices[" + name + "].settings");
    }
  }

  private static String unknown(String key, List<String> known) {
    return "unknown setting '"
        + key
        + "'"
        + Suggestion.nearest(key, known)
            .map(near -> ", did you mean '" + near + "'?")
            .orElse(", known are " + String.join(", ", known));
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
