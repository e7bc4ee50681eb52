// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.config.DeviceConfig.Ownership;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads {@code devices[].cards}: each card is the device but for what differs. */
final class CardReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,30}");

  private final Identities accounts;

  CardReader(Identities accounts) {
    this.accounts = accounts;
  }

  /**
   * The workers of a group.
   *
   * @param device what all of them have
   */
  List<DeviceConfig> read(List<Section> sections, DeviceConfig device) {
    List<DeviceConfig> cards = new ArrayList<>();
    for (Section section : sections) {
      cards.add(card(section, device));
    }
    return cards;
  }

  private DeviceConfig card(Section s, DeviceConfig device) {
    String name =
        DeviceReader.word(
            s, "name", NAME, "a", "a name of letters, digits, '_' and '-', at most 31");
    Map<String, Text> own = s.freeTexts("settings", "a text or a number");
    own.forEach((key, text) -> Secrets.refuse(s, s.path("settings"), key, text));
    Map<String, String> settings = new LinkedHashMap<>(device.settings());
    settings.putAll(Ordered.values(own));
    Section around = s.section("surroundings");
    SurroundingsConfig surroundings =
        merged(
            device.surroundings(),
            SurroundingsConfig.read(around, accounts),
            around.has("loading"));
    Optional<String> lock =
        DeviceReader.lockIdentity(
            s, device.ownership(), device.scheme() + "-" + device.name() + "-" + name);
    s.end();
    return device.card(
        name,
        device.ownership() == Ownership.SHARED ? Optional.empty() : lock,
        surroundings,
        settings);
  }

  private static SurroundingsConfig merged(
      SurroundingsConfig all, SurroundingsConfig own, boolean hasOwnLoading) {
    Map<String, String> environment = new LinkedHashMap<>(all.environment());
    environment.putAll(own.environment());
    Set<String> unset = both(all.unsetEnvironment(), own.unsetEnvironment());
    unset.removeAll(own.environment().keySet());
    environment.keySet().removeAll(own.unsetEnvironment());
    Set<Path> required = both(all.requiredFiles(), own.requiredFiles());
    return new SurroundingsConfig(
        own.workingDirectory().or(all::workingDirectory),
        environment,
        List.copyOf(unset),
        List.copyOf(required),
        List.copyOf(both(all.groups(), own.groups())),
        hasOwnLoading ? own.loading() : all.loading());
  }

  private static <T> Set<T> both(List<T> first, List<T> second) {
    Set<T> all = new LinkedHashSet<>(first);
    all.addAll(second);
    return all;
  }
}
