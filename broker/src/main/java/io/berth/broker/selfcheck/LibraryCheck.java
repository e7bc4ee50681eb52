// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.jni.ElfHeader;
import io.berth.jni.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether each native file fits this machine: those of the installation, and those that devices of
 * the configuration name. Reads headers only; nothing of a vendor's is loaded.
 */
public final class LibraryCheck implements Check {
  /** What is lost without a file of the installation. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "libberth_os.so", "everything: shared memory, sockets, doorbells",
          "libberth_sdf.so", "devices of the driver hsm/sdf",
          "libberth-softcard.so", "the software card of the embedded mode");

  private static final String GUARD = "libexec/berth-guard";

  private final Path dist;
  private final Optional<Config> config;

  /**
   * Looks at nothing yet.
   *
   * @param dist the installation
   */
  public LibraryCheck(Path dist, Optional<Config> config) {
    this.dist = dist;
    this.config = config;
  }

  @Override
  public List<Finding> findings() {
    List<Finding> found = new ArrayList<>(installation());
    config.ifPresent(
        c ->
            c.devices().stream()
                .flatMap(device -> device.workers().stream())
                .forEach(worker -> found.addAll(device(dist, worker))));
    return found;
  }

  /** The files without which no broker works properly. */
  public List<Finding> installation() {
    List<Finding> found = new ArrayList<>();
    LIBRARIES.keySet().stream()
        .sorted()
        .forEach(
            file ->
                found.add(
                    library(file, dist.resolve("lib/native").resolve(file), LIBRARIES.get(file))));
    found.add(guard());
    return found;
  }

  private Finding guard() {
    Path file = dist.resolve(GUARD);
    try {
      String machine = ElfHeader.read(file).architecture();
      if (!machine.equals(ElfHeader.ofThisJvm())) {
        return Finding.bad(
            "berth-guard",
            machine,
            file + " is for " + machine + ", this JVM runs on " + ElfHeader.ofThisJvm());
      }
      return Finding.okIf(
          Files.isExecutable(file),
          "berth-guard",
          machine,
          "owns devices and ends workers",
          file + " is not executable: chmod a+x it");
    } catch (IOException e) {
      return Finding.bad(
          "berth-guard",
          "unusable",
          "no device can be started without " + file + ": " + e.getMessage());
    }
  }

  /**
   * A device's driver, the library that its settings name, and the files that must be there for it.
   */
  public static List<Finding> device(Path dist, DeviceConfig device) {
    List<Finding> found = new ArrayList<>(DriverCheck.device(dist, device));
    String name = "device " + device.resource();
    for (Path required : device.surroundings().requiredFiles()) {
      if (!Files.exists(required)) {
        found.add(
            Finding.bad(
                name, "file missing", required + " does not exist; surroundings.required_files"));
      }
    }
    String library = device.settings().get("library");
    if (library != null) {
      found.add(library(name, Path.of(library), "this device"));
    } else {
      found.add(Finding.ok(name, "driver " + device.driver(), "names no library"));
    }
    return found;
  }

  private static Finding library(String name, Path file, String feature) {
    try {
      NativeLibrary.checkMachine(file);
      return Finding.ok(name, "fits " + ElfHeader.ofThisJvm(), file.toString());
    } catch (IOException e) {
      return Finding.bad(name, "unusable", e.getMessage() + "; it is needed for " + feature);
    }
  }
}
