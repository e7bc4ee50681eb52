// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What tells a process from every other that has had, or will have, its number: number, start, and
 * the boot of the machine in which both count. Unlike the program's path it stays the same when the
 * installation is replaced, and it cannot be had by somebody who waits for the number to come
 * round.
 *
 * @param text one line; the number first
 */
record ProcessIdentity(String text) {
  private static final Path PROC = Path.of("/proc");

  /** Of {@code stat}, counted from the state, which stands behind the name's last bracket. */
  private static final int STATE = 0;

  private static final int START_TICKS = 19;

  /** Of a process that has not ended; empty for one that has, be it reaped or not. */
  static Optional<ProcessIdentity> of(long pid) {
    return of(PROC, pid);
  }

  static Optional<ProcessIdentity> of(Path proc, long pid) {
    try {
      String stat = Files.readString(proc.resolve(pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
      if (fields[STATE].equals("Z") || fields[STATE].equals("X")) {
        return Optional.empty();
      }
      String boot = Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
      return Optional.of(new ProcessIdentity(pid + " " + fields[START_TICKS] + " " + boot));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The number in a text that was one of these. */
  static long pidOf(String text) {
    return Long.parseLong(text.split(" ", 2)[0]);
  }
}
