// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The jar of the worker runtime and Berth's own drivers, in {@code lib} of the installation. */
public final class WorkerJar {
  private WorkerJar() {}

  /**
   * Finds it.
   *
   * @param dist the installation
   * @throws IOException if there is none
   */
  public static Path of(Path dist) throws IOException {
    try (Stream<Path> jars = Files.list(dist.resolve("lib"))) {
      return jars.filter(p -> p.getFileName().toString().startsWith("berth-native-workers"))
          .findFirst()
          .orElseThrow(() -> new IOException("no berth-native-workers*.jar in " + dist + "/lib"));
    }
  }
}
