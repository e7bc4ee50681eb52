// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.WorkerJar;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.selfcheck.Finding.Level;
import io.berth.shm.spelling.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Whether a device's worker will find its driver. No class is loaded: a jar's list of drivers
 * (META-INF/services) names their classes, and in a comment behind each the name for the
 * configuration. Where a jar leaves the comment out, only its worker can tell.
 */
public final class DriverCheck {
  private static final String SERVICES = "META-INF/services/io.berth.worker.driver.DriverFactory";

  private final DeviceConfig device;
  private final String name;
  private final Set<String> drivers = new TreeSet<>();

  /** Where drivers may be whose names cannot be told. */
  private final List<Path> nameless = new ArrayList<>();

  private DriverCheck(DeviceConfig device) {
    this.device = device;
    this.name = "device " + device.resource();
  }

  /**
   * What is wrong with the device's driver and {@code class_path}; empty if nothing is, as far as
   * can be told.
   *
   * @param dist the installation
   */
  public static List<Finding> device(Path dist, DeviceConfig device) {
    return new DriverCheck(device).findings(dist);
  }

  private List<Finding> findings(Path dist) {
    try {
      look(WorkerJar.of(dist));
    } catch (IOException e) {
      return List.of(Finding.bad(name, "no worker", e.getMessage()));
    }
    List<String> missing = new ArrayList<>();
    for (Path entry : device.classPath()) {
      try {
        look(entry);
      } catch (IOException e) {
        missing.add(e.getMessage());
      }
    }
    // Java passes over what is missing: a driver that lies elsewhere may do without it.
    Level level = drivers.contains(device.driver()) ? Level.WARN : Level.BAD;
    List<Finding> found = new ArrayList<>();
    for (String text : missing) {
      found.add(new Finding(level, name, "class path", text + "; class_path"));
    }
    if (found.isEmpty() && nameless.isEmpty() && !drivers.contains(device.driver())) {
      found.add(
          Finding.bad(
              name,
              "driver unknown",
              "there is no driver '"
                  + device.driver()
                  + "'"
                  + Suggestion.phrase(device.driver(), drivers)
                  + "; there are "
                  + String.join(", ", drivers)
                  + "; name the jar of another in class_path"));
    }
    return found;
  }

  private void look(Path entry) throws IOException {
    if (entry.endsWith("*")) {
      for (Path jar : jars(entry.getParent())) {
        look(jar);
      }
    } else if (Files.isDirectory(entry)) {
      Path services = entry.resolve(SERVICES);
      if (Files.exists(services)) {
        note(entry, Files.readString(services));
      }
    } else if (Files.notExists(entry)) {
      throw new IOException(entry + " does not exist");
    } else if (!Files.isReadable(entry)) {
      nameless.add(entry); // The worker may be another user's.
    } else {
      read(entry);
    }
  }

  /** {@code DIR/*} stands for all jars there, as the java command takes it. */
  private static List<Path> jars(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + " does not exist");
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".jar"))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  private void read(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      ZipEntry services = zip.getEntry(SERVICES);
      if (services != null) {
        try (InputStream in = zip.getInputStream(services)) {
          note(jar, new String(in.readAllBytes(), UTF_8));
        }
      }
    } catch (IOException e) {
      throw new IOException(jar + " cannot be read as a jar: " + e.getMessage(), e);
    }
  }

  private void note(Path jar, String services) {
    for (String line : services.lines().toList()) {
      int comment = line.indexOf('#');
      String type = (comment < 0 ? line : line.substring(0, comment)).strip();
      String named = comment < 0 ? "" : line.substring(comment + 1).strip();
      if (!type.isEmpty() && named.isEmpty()) {
        nameless.add(jar);
      } else if (!type.isEmpty()) {
        drivers.add(named);
      }
    }
  }
}
