// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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
    requireRunning();
    Process process = builder.start();
    started.push(process);
    return process;
  }

  /**
   * What ended by a signal is no result.
   *
   * @throws IOException if all is being stopped
   */
  synchronized void requireRunning() throws IOException {
    if (stopping) {
      throw new IOException("the demonstration is being stopped");
    }
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
   * The broker of this folder that has taken over from another, if there is one. It was not started
   * here: {@code berth reload} did, with the words of the one before and one more.
   *
   * @param dist the installation
   */
  static Optional<ProcessHandle> successor(Path dist, Path folder) throws IOException {
    for (ProcessHandle each : of(dist, folder)) {
      if (CommandLine.of(each.pid()).isSuccessor()) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /**
   * Waits until no process of the demonstration in this folder is left; a broker that has taken
   * over is told to end, what stays is killed, and told.
   *
   * @param dist the installation
   * @return whether none had to be killed
   */
  static boolean awaitNone(Path dist, Path folder) throws IOException {
    boolean none = true;
    successor(dist, folder).ifPresent(ProcessHandle::destroy);
    for (ProcessHandle left : of(dist, folder)) {
      try {
        left.onExit().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException stays) {
        System.err.println("left behind, and killed: process " + left.pid());
        left.destroyForcibly();
        none = false;
      } catch (ExecutionException | InterruptedException e) {
        throw new IOException("process " + left.pid() + " could not be awaited", e);
      }
    }
    return none;
  }

  /** Guards, workers and the journal are their own masters and not children of this process. */
  private static List<ProcessHandle> of(Path dist, Path folder) throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path each : all) {
        long pid = Long.parseLong(each.getFileName().toString());
        if (CommandLine.of(pid).belongsTo(dist, folder)) {
          ProcessHandle.of(pid).ifPresent(found::add);
        }
      }
    }
    return found;
  }
}
