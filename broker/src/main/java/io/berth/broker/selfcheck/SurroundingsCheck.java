// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import io.berth.broker.config.DeviceConfig;
import io.berth.broker.config.SurroundingsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What each driver will find around it: the effective set, as vendors' libraries fail on what is
 * missing there without saying so.
 */
final class SurroundingsCheck {
  private final String name;
  private final List<Finding> findings = new ArrayList<>();

  private SurroundingsCheck(DeviceConfig device) {
    name = "device " + device.resource();
  }

  static List<Finding> devices(List<DeviceConfig> devices) {
    List<Finding> all = new ArrayList<>();
    for (DeviceConfig device : devices) {
      for (DeviceConfig worker : device.workers()) {
        SurroundingsCheck check = new SurroundingsCheck(worker);
        check.look(worker);
        all.addAll(check.findings);
      }
    }
    return all;
  }

  private void look(DeviceConfig device) {
    SurroundingsConfig around = device.surroundings();
    around.workingDirectory().ifPresentOrElse(this::directory, this::ownDirectory);
    tell("environment", environment(around));
    tell("loading", around.loading() + ", by dlopen");
    if (!around.groups().isEmpty()) {
      tell("groups", joined(around.groups().stream().map(Integer::toUnsignedString).toList()));
    }
    if (!around.requiredFiles().isEmpty()) {
      tell("required files", joined(around.requiredFiles().stream().map(Path::toString).toList()));
    }
    tell("attachment", device.attachment().toString());
    tell(
        "owner",
        device
            .lockIdentity()
            .map(
                identity ->
                    "one on this host, by the lock "
                        + identity
                        + (device.isRemote() ? "; other hosts may have theirs" : ""))
            .orElse("shared: others may use it beside Berth"));
    if (!device.settings().isEmpty()) {
      tell(
          "settings",
          joined(
              device.settings().entrySet().stream()
                  .map(setting -> setting.getKey() + "=" + setting.getValue())
                  .toList()));
    }
  }

  private void directory(Path path) {
    if (Files.isDirectory(path)) {
      tell("working directory", path.toString());
    } else {
      findings.add(
          Finding.bad(
              name, "no directory", path + " is not there; surroundings.working_directory"));
    }
  }

  private void ownDirectory() {
    tell("working directory", "an empty one below the run directory");
  }

  private static String environment(SurroundingsConfig around) {
    List<String> changes = new ArrayList<>();
    around.environment().forEach((variable, value) -> changes.add(variable + "=" + value));
    around.unsetEnvironment().forEach(variable -> changes.add("without " + variable));
    return changes.isEmpty() ? "as the guard inherits it" : joined(changes);
  }

  private void tell(String what, String value) {
    findings.add(Finding.ok(name, what, value));
  }

  private static String joined(List<String> texts) {
    return texts.stream().collect(Collectors.joining(", "));
  }
}
