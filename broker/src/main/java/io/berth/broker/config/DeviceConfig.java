// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.catalogue.CatalogueEntry;
import io.berth.shm.control.TargetSetting;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One device (or driver) and the worker that owns it, or the cards of a group with a worker each.
 *
 * @param driver found by its name among the drivers on the worker's class path
 * @param attachment how the host reaches it
 * @param lockIdentity name of the lock file in {@link BrokerConfig#lockDirectory()}; empty if
 *     shared
 * @param interactiveLanes beside {@code lanes}, for requests of the class interactive alone
 * @param window requests on the device at once; empty: what the worker asks for
 * @param settings for the driver
 * @param keys the local names that clients may open, each with settings for the driver
 * @param unlistedNames whether clients may open others too: the driver finds them on the device
 * @param catalogue what is known of each of them
 * @param hangTimeoutNanos empty: {@link SupervisionConfig#hangTimeoutNanos()}
 * @param card of a group's card its name in the group, and {@code name} is {@code GROUP.CARD};
 *     otherwise empty
 * @param cards of a group; otherwise empty
 */
public record DeviceConfig(
    String name,
    String scheme,
    String driver,
    Ownership ownership,
    Attachment attachment,
    Optional<String> lockIdentity,
    int lanes,
    int interactiveLanes,
    OptionalInt window,
    Guard guard,
    List<String> javaOptions,
    List<Path> classPath,
    SurroundingsConfig surroundings,
    Map<String, String> settings,
    Map<String, Map<String, String>> keys,
    boolean unlistedNames,
    Map<String, CatalogueEntry> catalogue,
    OptionalLong hangTimeoutNanos,
    String card,
    List<DeviceConfig> cards) {

  /** A property of the resource. */
  public enum Ownership {
    /** At most one process on the host may hold it: a card, an NPU. */
    EXCLUSIVE,
    /** Others may use it too: a database. */
    SHARED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How the host reaches the device. */
  public enum Attachment {
    /** It is in this host: who has it, has it alone. */
    PCIE,
    /**
     * Over the network. Other hosts may have it, too, so that its lock is this host's alone; and it
     * may be out of reach for any time, so that it is never given up for that.
     */
    NETWORK;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Who starts the guard. */
  public enum Guard {
    /** The broker, as its child. */
    EMBEDDED,
    /** systemd (or whoever else), under a uid of its own. */
    EXTERNAL;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Of a key's settings for the driver those that LIST tells to who may open it. */
  private static final List<String> TOLD_SETTINGS = List.of("kind", "index", "id", "label");

  public DeviceConfig {
    javaOptions = List.copyOf(javaOptions);
    classPath = List.copyOf(classPath);
    settings = Ordered.copyOf(settings);
    keys = Ordered.copyOf(keys);
    catalogue = Ordered.copyOf(catalogue);
    cards = List.copyOf(cards);
  }

  /**
   * {@code hsm:payments}: what clients open, or what stands before the slash. Of a group's card
   * {@code hsm:payments/a}, which administrators name and clients cannot.
   */
  public String resource() {
    return card.isEmpty()
        ? scheme + ":" + name
        : scheme + ":" + name.substring(0, name.length() - card.length() - 1) + "/" + card;
  }

  /** Whether it may be out of reach for any time, and comes back by itself. */
  public boolean isRemote() {
    return attachment == Attachment.NETWORK;
  }

  /** One for each worker: the cards of a group, or the device itself. */
  public List<DeviceConfig> workers() {
    return cards.isEmpty() ? List.of(this) : cards;
  }

  /** One of this group's cards. */
  DeviceConfig card(
      String cardName,
      Optional<String> lock,
      SurroundingsConfig around,
      Map<String, String> cardSettings) {
    return new DeviceConfig(
        name + "." + cardName,
        scheme,
        driver,
        ownership,
        attachment,
        lock,
        lanes,
        interactiveLanes,
        window,
        guard,
        javaOptions,
        classPath,
        around,
        cardSettings,
        keys,
        unlistedNames,
        catalogue,
        hangTimeoutNanos,
        cardName,
        List.of());
  }

  /** The same with cards. */
  DeviceConfig with(List<DeviceConfig> itsCards) {
    return new DeviceConfig(
        name,
        scheme,
        driver,
        ownership,
        attachment,
        itsCards.isEmpty() ? lockIdentity : Optional.empty(),
        lanes,
        interactiveLanes,
        window,
        guard,
        javaOptions,
        classPath,
        surroundings,
        settings,
        keys,
        unlistedNames,
        catalogue,
        hangTimeoutNanos,
        card,
        itsCards);
  }

  /**
   * The driver's settings for a local name; empty if clients cannot open it. The device itself has
   * the empty name and no settings of its own.
   */
  public Optional<Map<String, String>> target(String localName) {
    Map<String, String> listed = localName.isEmpty() ? Map.of() : keys.get(localName);
    return Optional.ofNullable(listed == null && unlistedNames ? Map.of() : listed);
  }

  /** Whether a name stands in the configuration only by {@link #unlistedNames}. */
  public boolean isUnlisted(String localName) {
    return !localName.isEmpty() && !keys.containsKey(localName);
  }

  /** What the worker is told, its local names' settings among it. */
  public Map<String, String> workerSettings() {
    Map<String, String> told = new LinkedHashMap<>(settings);
    told.putIfAbsent("lanes", Integer.toString(lanes));
    told.putIfAbsent("interactive_lanes", Integer.toString(interactiveLanes));
    if (!card.isEmpty()) {
      told.put("card", card);
    }
    told.putIfAbsent("loading", surroundings.loading().toString());
    keys.forEach(
        (localName, values) ->
            values.forEach((key, value) -> told.put(TargetSetting.name(localName, key), value)));
    return told;
  }

  /**
   * What LIST tells of a name, in the protocol's words, without the certificate; the device itself
   * has nothing.
   */
  public Map<String, String> attributes(String localName) {
    Map<String, String> settings = keys.getOrDefault(localName, Map.of());
    CatalogueEntry entry = catalogue.getOrDefault(localName, CatalogueEntry.NOTHING);
    Map<String, String> attributes = new LinkedHashMap<>();
    if (!entry.algorithm().isEmpty()) {
      attributes.put("algorithm", entry.algorithm());
    }
    entry.usage().ifPresent(usage -> attributes.put("usage", usage.toString()));
    for (String setting : TOLD_SETTINGS) {
      if (settings.containsKey(setting)) {
        attributes.put(setting, settings.get(setting));
      }
    }
    entry.publicKey().ifPresent(key -> attributes.put("public_key", key.hex()));
    if (!entry.labels().isEmpty()) {
      attributes.put("labels", entry.labelText());
    }
    return attributes;
  }
}
