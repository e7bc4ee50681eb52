// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder in which everything of the demonstration lies.
 *
 * <pre>
 * run, data        the broker's
 * files            real files, copied, readable to all
 * installation     what applications need, copied: they may not be able to read this source tree
 * applications/N   what application N left (its own user's)
 * kek              the card's key-encryption key, known here so that others can decrypt as well
 * broker.log
 * </pre>
 */
final class Workplace {
  private static final int FILE_BYTES_MOST = 65_536;
  private static final int FILES_MOST = 120;
  private static final int KEK_BYTES = 16;

  private final Path folder;
  private final boolean temporary;

  private Workplace(Path folder, boolean temporary) {
    this.folder = folder;
    this.temporary = temporary;
  }

  /**
   * @param wanted where to put everything, kept at the end; null for a temporary folder
   */
  static Workplace make(Path wanted) throws IOException {
    Path folder =
        wanted == null
            ? Files.createTempDirectory("berth-demo-")
            : Files.createDirectories(wanted).toRealPath();
    Workplace place = new Workplace(folder, wanted == null);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String left : List.of("files", "applications", "installation")) {
      delete(folder.resolve(left));
    }
    return place;
  }

  Path folder() {
    return folder;
  }

  Path run() {
    return folder.resolve("run");
  }

  Path brokerLog() {
    return folder.resolve("broker.log");
  }

  Path kek() {
    return folder.resolve("kek");
  }

  Path fileList() {
    return folder.resolve("files/list");
  }

  Path application(int number) {
    return folder.resolve("applications").resolve(Integer.toString(number));
  }

  /** A new, empty folder. */
  Path fresh(String name) throws IOException {
    Path fresh = folder.resolve(name);
    delete(fresh);
    return Files.createDirectories(fresh);
  }

  /** Makes a random key-encryption key, unless there is one from an earlier run in this folder. */
  void provideKek() throws IOException {
    if (!Files.exists(kek())) {
      byte[] random = new byte[KEK_BYTES];
      new SecureRandom().nextBytes(random);
      Files.createFile(
          kek(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(kek(), HexFormat.of().formatHex(random) + "\n");
    }
  }

  /** Copies real files: texts and sources of this project, and what the system has. */
  List<Path> provideFiles(Path source) throws IOException {
    List<Path> found =
        new ArrayList<>(List.of(source.resolve("LICENSE"), Path.of("/etc/services")));
    found.addAll(filesBelow(source.resolve("docs")));
    found.addAll(filesBelow(Path.of("/usr/share/common-licenses")));
    found.addAll(filesBelow(source.resolve("c-src/client/src")));
    found.addAll(filesBelow(source.resolve("broker/src/main/java")));
    Path files = fresh("files");
    List<Path> copies = new ArrayList<>();
    for (Path each : found) {
      if (Files.isRegularFile(each) && Files.isReadable(each)) {
        long bytes = Files.size(each);
        if (bytes > 0 && bytes <= FILE_BYTES_MOST && copies.size() < FILES_MOST) {
          String name = String.format("%03d-%s", copies.size(), each.getFileName());
          copies.add(readable(Files.copy(each, files.resolve(name))));
        }
      }
    }
    Files.write(fileList(), copies.stream().map(Path::toString).toList());
    readable(fileList());
    return copies;
  }

  private static List<Path> filesBelow(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Path readable(Path file) throws IOException {
    String mode = Files.isExecutable(file) ? "rwxr-xr-x" : "rw-r--r--";
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  /** Copies what an application needs of an installation, in its layout. */
  Path provideInstallation(Path dist) throws IOException {
    Path copy = fresh("installation");
    List<Path> needed = new ArrayList<>(List.of(dist.resolve("libexec/berth-demo-application")));
    try (Stream<Path> libraries = Files.list(dist.resolve("lib"))) {
      libraries
          .filter(
              each ->
                  name(each).matches("libberth\\.so.*|(berth-client|berth-demo|jna)-[0-9].*\\.jar"))
          .forEach(needed::add);
    }
    for (Path each : needed) {
      Path to = copy.resolve(dist.relativize(each));
      Files.createDirectories(to.getParent());
      // Symbolic links become files: libberth.so.0 and what it leads to.
      readable(Files.copy(each, to, StandardCopyOption.COPY_ATTRIBUTES));
    }
    return copy;
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  /** Removes the folder if it is temporary. */
  void remove() throws IOException {
    if (temporary) {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
