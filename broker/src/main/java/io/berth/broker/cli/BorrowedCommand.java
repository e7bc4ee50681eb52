// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A command that runs for a bounded time, on this process's own standard streams. */
final class BorrowedCommand {
  /** Its time was over and it was killed; as timeout(1) has it. */
  static final int TIME_OVER = 124;

  /** It could not be started. */
  static final int NOT_STARTED = 127;

  private static final long TERM_GRACE_MILLIS = 2_000;

  private final List<String> command;

  BorrowedCommand(List<String> command) {
    this.command = List.copyOf(command);
  }

  /** Runs it to its end. Returns its exit code, 128 + N for signal N, or one of the above. */
  int run(long limitMillis) throws InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException e) {
      System.err.println("berth: " + e.getMessage());
      return NOT_STARTED;
    }
    // Ctrl-C reaches the command too, as it is of the same process group; this one must outlive it.
    Thread killer = new Thread(() -> end(process), "berth-command-end");
    Runtime.getRuntime().addShutdownHook(killer);
    try {
      if (process.waitFor(limitMillis, TimeUnit.MILLISECONDS)) {
        return process.exitValue();
      }
      System.err.println(
          "berth: "
              + command.get(0)
              + " has run for "
              + limitMillis
              + " ms; it is ended, as the device goes back");
      end(process);
      return TIME_OVER;
    } finally {
      forget(killer);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is going down: the hook does what is left to do.
    }
  }

  /** With all of its descendants: whoever of them has the device open must let go of it. */
  private static void end(Process process) {
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroy);
    try {
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TERM_GRACE_MILLIS);
      for (ProcessHandle each : all) {
        long left = Math.max(1, deadline - System.nanoTime());
        awaitEnd(each, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
  }

  private static void awaitEnd(ProcessHandle process, long nanos) throws InterruptedException {
    try {
      process.onExit().get(nanos, TimeUnit.NANOSECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      return; // Killed next.
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("waiting for process " + process.pid(), e);
    }
  }
}
