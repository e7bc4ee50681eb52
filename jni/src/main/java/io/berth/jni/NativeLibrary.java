// SPDX-License-Identifier: Apache-2.0
package io.berth.jni;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds and loads the native libraries that come with Berth.
 *
 * <p>They lie in the folder named by the system property {@value #DIRECTORY_PROPERTY}; without it,
 * in {@code ../lib/native} or {@code native} as seen from the folder of this class's jar, so that
 * an installation can be moved. Nothing is ever unpacked to a temporary folder: those are often
 * mounted noexec, and a file that somebody else can replace before it is loaded is a way in.
 */
public final class NativeLibrary {
  /** Names the folder in which the libraries lie; no other place is looked at then. */
  public static final String DIRECTORY_PROPERTY = "berth.native.dir";

  private NativeLibrary() {}

  /**
   * Loads {@code lib<name>.so}. To be called from the static initialiser of the class with the
   * native methods; a second call does nothing.
   *
   * @throws NativeLibraryError saying which file was expected where, or what is wrong with it
   */
  public static void load(String name) {
    Path file = locate(name, searchPath());
    try {
      checkMachine(file);
      System.load(file.toString());
    } catch (IOException | UnsatisfiedLinkError e) {
      NativeLibraryError error =
          new NativeLibraryError("cannot load " + file + ": " + e.getMessage());
      error.initCause(e);
      throw error;
    }
  }

  /**
   * Checks that {@code library} is a shared library for this JVM's architecture.
   *
   * @throws IOException with a message for people if it is missing, unreadable, not an ELF file, or
   *     for another machine
   */
  public static void checkMachine(Path library) throws IOException {
    if (!Files.exists(library)) {
      throw new IOException(library + " does not exist");
    }
    if (Files.isDirectory(library)) {
      throw new IOException(library + " is a directory, not a shared library");
    }
    if (!Files.isReadable(library)) {
      throw new IOException(
          library + " cannot be read by user '" + System.getProperty("user.name") + "'");
    }
    ElfHeader header = ElfHeader.read(library);
    String expected = ElfHeader.ofThisJvm();
    if (!header.architecture().equals(expected)) {
      throw new IOException(
          library + " is for " + header.architecture() + ", this JVM runs on " + expected);
    }
    if (!header.shared()) {
      throw new IOException(library + " is an ELF file but not a shared library");
    }
  }

  static Path locate(String name, List<Path> directories) {
    String file = "lib" + name + ".so";
    for (Path directory : directories) {
      Path candidate = directory.resolve(file);
      if (Files.exists(candidate)) {
        return candidate.toAbsolutePath().normalize();
      }
    }
    throw new NativeLibraryError(
        file
            + " for "
            + ElfHeader.ofThisJvm()
            + " was not found in "
            + directories
            + "; name its folder with -D"
            + DIRECTORY_PROPERTY
            + "=<folder>");
  }

  private static List<Path> searchPath() {
    String configured = System.getProperty(DIRECTORY_PROPERTY);
    if (configured != null && !configured.isEmpty()) {
      return List.of(Path.of(configured));
    }
    return jarFolder().map(NativeLibrary::besideJar).orElse(List.of());
  }

  static List<Path> besideJar(Path jarFolder) {
    List<Path> directories = new ArrayList<>();
    directories.add(jarFolder.resolve("../lib/native").normalize());
    directories.add(jarFolder.resolve("native"));
    return directories;
  }

  private static Optional<Path> jarFolder() {
    CodeSource source = NativeLibrary.class.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      return Optional.empty();
    }
    try {
      URI location = source.getLocation().toURI();
      return Optional.ofNullable(Path.of(location).toAbsolutePath().getParent());
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      // A class loader with locations of its own kind: the folder must then be named.
      return Optional.empty();
    }
  }
}
