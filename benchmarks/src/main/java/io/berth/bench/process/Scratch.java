// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder in memory (/dev/shm where there is one) for rings, sockets and the like, gone when
 * closed or when the harness ends, be it by a signal.
 */
public final class Scratch implements AutoCloseable {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final String PREFIX = "berth-bench-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d+)-.*");

  private final Path folder;
  private final Thread removeAtExit = new Thread(this::remove, "remove-scratch");

  public Scratch(String name) throws IOException {
    String prefix = PREFIX + ProcessHandle.current().pid() + "-" + name + "-";
    folder = Files.createTempDirectory(parent(), prefix);
    Runtime.getRuntime().addShutdownHook(removeAtExit);
  }

  /** Removes the folders of harnesses that were killed before they could. */
  public static void removeAbandoned() throws IOException {
    try (Stream<Path> candidates = Files.list(parent())) {
      for (Path candidate : candidates.toList()) {
        Matcher name = NAME.matcher(candidate.getFileName().toString());
        if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
          removeAll(candidate);
        }
      }
    }
  }

  private static Path parent() {
    boolean inMemory = Files.isDirectory(SHARED_MEMORY) && Files.isWritable(SHARED_MEMORY);
    return inMemory ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
  }

  public Path folder() {
    return folder;
  }

  @Override
  public void close() {
    remove();
    try {
      Runtime.getRuntime().removeShutdownHook(removeAtExit);
    } catch (IllegalStateException shuttingDown) {
      // The hook runs by itself and finds nothing left to remove.
    }
  }

  private synchronized void remove() {
    try {
      if (Files.exists(folder)) {
        removeAll(folder);
      }
    } catch (IOException cause) {
      throw new UncheckedIOException("could not remove " + folder, cause);
    }
  }

  private static void removeAll(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
