// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One device (or driver) and the worker that owns it.
 *
 * @param driver found by its name among the drivers on the worker's class path
 * @param lockIdentity name of the lock file in {@link BrokerConfig#lockDirectory()}; empty if
 *     shared
 * @param window requests on the device at once; empty: what the worker asks for
 * @param settings for the driver
 * @param keys the local names that clients may open, each with settings for the driver
 * @param hangTimeoutNanos empty: {@link SupervisionConfig#hangTimeoutNanos()}
 */
public record DeviceConfig(
    String name,
    String scheme,
    String driver,
    Ownership ownership,
    Optional<String> lockIdentity,
    int lanes,
    OptionalInt window,
    Guard guard,
    List<String> javaOptions,
    List<Path> classPath,
    SurroundingsConfig surroundings,
    Map<String, String> settings,
    Map<String, Map<String, String>> keys,
    OptionalLong hangTimeoutNanos) {

  /** A property of the resource. */
  public enum Ownership {
    /** At most one process on the host may hold it: a card, an NPU. */
    EXCLUSIVE,
    /** Others may use it too: a database, a network HSM. */
    SHARED;

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

  public DeviceConfig {
    javaOptions = List.copyOf(javaOptions);
    classPath = List.copyOf(classPath);
    settings = Ordered.copyOf(settings);
    keys = Ordered.copyOf(keys);
  }

  /** {@code hsm:payments}: what clients open, or what stands before the slash. */
  public String resource() {
    return scheme + ":" + name;
  }

  /**
   * The driver's settings for a local name; empty if clients cannot open it. The device itself has
   * the empty name and no settings of its own.
   */
  public Optional<Map<String, String>> target(String localName) {
    return localName.isEmpty() ? Optional.of(Map.of()) : Optional.ofNullable(keys.get(localName));
  }
}
