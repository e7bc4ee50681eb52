// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** All checks, under the headings that `berth doctor` shows. */
public final class SelfCheck {
  private SelfCheck() {}

  /**
   * The whole check.
   *
   * @param config whose limits, devices and settings are to be looked at too
   */
  public static Map<String, List<Finding>> everything(Path dist, Optional<Config> config) {
    HostFiles files = new HostFiles(Path.of("/"));
    Optional<BrokerConfig> broker = config.map(Config::broker);
    OptionalInt yieldMicros = broker.map(BrokerConfig::yieldMicros).orElse(OptionalInt.empty());
    Map<String, List<Finding>> all = new LinkedHashMap<>();
    LibraryCheck libraries = new LibraryCheck(dist, config);
    List<Finding> found = libraries.findings();
    all.put("native files", found);
    config.ifPresent(c -> all.put("surroundings", SurroundingsCheck.devices(c.devices())));
    // Everything else is asked of the kernel through this library.
    if (found.stream().noneMatch(f -> isBadLibrary(f, "libberth_os.so"))) {
      all.put("machine", new MachineCheck(files, yieldMicros).findings());
      all.put("kernel facilities", new FacilityCheck(files).findings());
      all.put("limits", new LimitCheck(files, broker).findings());
    }
    all.put("hardening", new HardeningCheck(files).findings());
    return all;
  }

  /**
   * What the kernel lets a broker of this configuration have. Needs the native library.
   *
   * @param hostRoot {@code /} but for tests
   */
  public static List<Finding> limits(Path hostRoot, BrokerConfig broker) {
    return new LimitCheck(new HostFiles(hostRoot), Optional.of(broker)).findings();
  }

  private static boolean isBadLibrary(Finding finding, String name) {
    return finding.level() == Finding.Level.BAD && finding.name().equals(name);
  }
}
