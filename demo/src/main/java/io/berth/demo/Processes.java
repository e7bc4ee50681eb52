// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Every process of the demonstration: what was started here is stopped in reverse order, and none
 * is started once that has begun. Any thread.
 */
final class Processes {
  /** A broker drains its devices first. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Deque<Process> started = new ArrayDeque<>();
  private boolean stopping;

  synchronized Process start(ProcessBuilder builder) throws IOException {
    if (stopping) {
      throw new IOException("the demonstration is being stopped");
    }
    Process process = builder.start();
    started.push(process);
    return process;
  }

  synchronized void stop() {
    stopping = true;
    while (!started.isEmpty()) {
      stop(started.pop());
    }
  }

  private static void stop(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println("process " + process.pid() + " does not end; killing it");
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Other processes whose command line names this folder: guards, workers and the journal are their
   * own masters and not children of this process.
   */
  static List<ProcessHandle> naming(Path folder) throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path each : all) {
        long pid = Long.parseLong(each.getFileName().toString());
        if (pid != ProcessHandle.current().pid() && commandLine(each).contains(folder.toString())) {
          ProcessHandle.of(pid).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private static String commandLine(Path process) throws IOException {
    try {
      return Files.readString(
          process.resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException ended) {
      return "";
    } catch (IOException e) {
      if (Files.exists(process)) {
        throw e;
      }
      return ""; // ended while it was read
    }
  }
}
