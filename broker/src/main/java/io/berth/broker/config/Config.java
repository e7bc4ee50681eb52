// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.policy.Policy;
import io.berth.broker.policy.ResourceName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The whole configuration, checked. Immutable; a reload makes a new one.
 *
 * @param warnings what is allowed but probably not meant
 */
public record Config(
    BrokerConfig broker,
    SchedulerConfig scheduler,
    SupervisionConfig supervision,
    JournalConfig journal,
    List<DeviceConfig> devices,
    Policy policy,
    Administrators administrators,
    List<Problem> warnings) {

  /** A device and what the driver is told of the name that a client opened. */
  public record Target(DeviceConfig device, String localName, Map<String, String> settings) {}

  public Config {
    devices = List.copyOf(devices);
    warnings = List.copyOf(warnings);
  }

  /**
   * What {@code untrustedName} names; empty if nothing. To be asked only after the policy, so that
   * a stranger cannot find out what exists.
   */
  public Optional<Target> target(String untrustedName) {
    return ResourceName.parse(untrustedName)
        .flatMap(
            name ->
                devices.stream()
                    .filter(d -> d.scheme().equals(name.scheme()) && d.name().equals(name.device()))
                    .findFirst()
                    .flatMap(d -> d.target(name.local()).map(s -> new Target(d, name.local(), s))));
  }

  /** How long a request may be on {@code device} before its worker counts as hung. */
  public long hangTimeoutNanos(DeviceConfig device) {
    return device.hangTimeoutNanos().orElse(supervision.hangTimeoutNanos());
  }

  /** Every effective value, as a file that could be loaded again. Holds no secret. */
  public String toText() {
    return ConfigText.of(this);
  }

  /**
   * The configuration of {@code ./run}: see {@link EmbeddedConfig}.
   *
   * @param dist the installation, with {@code lib/native}
   * @param uids who may use the devices, beside the current uid
   * @throws ConfigException if a directory cannot be used, for example as its path is too long
   */
  public static Config embedded(Path runDirectory, Path dataDirectory, Path dist, int... uids)
      throws ConfigException {
    return EmbeddedConfig.of(Host.current(), runDirectory, dataDirectory, dist, uids);
  }

  /** The same as a file that people can change. */
  public static String embeddedText(Path runDirectory, Path dataDirectory, Path dist, int... uids) {
    return EmbeddedConfig.text(Host.current(), runDirectory, dataDirectory, dist, uids);
  }
}
