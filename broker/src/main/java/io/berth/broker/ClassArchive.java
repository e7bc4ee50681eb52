// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

/**
 * The archives of classes that {@code libexec/berth-share-classes} writes into {@code lib}: with
 * them a virtual machine starts sooner, and all of them share the memory.
 */
public enum ClassArchive {
  BROKER("berth-broker.jsa"),
  WORKER("berth-worker.jsa");

  private final String fileName;

  ClassArchive(String fileName) {
    this.fileName = fileName;
  }

  /**
   * The options with which a virtual machine uses it; none if it is not there, or older than a jar:
   * with an archive that it refuses, a virtual machine does not even use its own. One that does not
   * fit the machine's Java is passed over in silence.
   *
   * @param dist the installation
   */
  public List<String> options(Path dist) throws IOException {
    Path lib = dist.resolve("lib");
    Path file = lib.resolve(fileName);
    return Files.isReadable(file) && isNewest(file, lib)
        ? List.of("-XX:SharedArchiveFile=" + file, "-Xlog:cds=off")
        : List.of();
  }

  private static boolean isNewest(Path file, Path lib) throws IOException {
    FileTime written = Files.getLastModifiedTime(file);
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(lib, "*.jar")) {
      for (Path jar : jars) {
        if (Files.getLastModifiedTime(jar).compareTo(written) > 0) {
          return false;
        }
      }
    }
    return true;
  }
}
