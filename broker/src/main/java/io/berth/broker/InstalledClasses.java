// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads classes while their jars are still those that this process was started from: Berth's own,
 * and those of the library whose classes Berth uses everywhere.
 *
 * <p>A class is otherwise looked for when it is first used. Those that only the end of a process
 * needs would be looked for after an update has replaced the jars: a broker could neither stop in
 * order nor hand over to the successor which the update is for.
 */
public final class InstalledClasses {
  private static final Logger LOG = LoggerFactory.getLogger(InstalledClasses.class);
  private static final List<String> PACKAGES = List.of("io/berth/", "org/agrona/");
  private static final String CLASS = ".class";

  private InstalledClasses() {}

  /** As {@link #load}, beside what the process has to do. */
  public static void loadInBackground() {
    Thread thread =
        new Thread(
            () -> {
              try {
                load();
              } catch (IOException e) {
                LOG.warn("an update of the jars may disturb this process: {}", e.getMessage());
              }
            },
            "berth-classes");
    thread.setDaemon(true);
    thread.start();
  }

  /** Loads what is in jars beside this class's own; nothing when it runs from a directory. */
  static void load() throws IOException {
    Path own = place();
    if (!Files.isRegularFile(own)) {
      return;
    }
    List<Path> jars;
    try (Stream<Path> files = Files.list(own.getParent())) {
      jars = files.filter(file -> file.getFileName().toString().endsWith(".jar")).toList();
    }
    int count = 0;
    for (Path jar : jars) {
      count += load(jar);
    }
    LOG.info("{} classes are loaded ahead of their use", count);
  }

  private static Path place() throws IOException {
    try {
      return Path.of(
          InstalledClasses.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException("the place of the broker's jar is no path", e);
    }
  }

  private static int load(Path jar) throws IOException {
    ClassLoader loader = InstalledClasses.class.getClassLoader();
    int count = 0;
    try (JarFile file = new JarFile(jar.toFile())) {
      for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
        String name = entries.nextElement().getName();
        if (name.endsWith(CLASS) && PACKAGES.stream().anyMatch(name::startsWith)) {
          count += load(loader, name.substring(0, name.length() - CLASS.length()));
        }
      }
    }
    return count;
  }

  private static int load(ClassLoader loader, String path) {
    try {
      Class.forName(path.replace('/', '.'), false, loader);
      return 1;
    } catch (ClassNotFoundException | LinkageError e) {
      // Workers' classes lie beside the broker's and are none of its own.
      LOG.debug("{} is not needed here: {}", path, e.toString());
      return 0;
    }
  }
}
