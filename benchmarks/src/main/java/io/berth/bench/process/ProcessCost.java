// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** What processes cost, as the kernel accounts it. */
public final class ProcessCost {
  /**
   * USER_HZ, in which /proc/PID/stat counts; fixed at 100 in the ABI of every Linux architecture we
   * build for.
   */
  private static final long NANOS_PER_TICK = 10_000_000L;

  private static final int USER_TICKS_FIELD = 14;
  private static final int SYSTEM_TICKS_FIELD = 15;

  private ProcessCost() {}

  /**
   * Processor time used so far by living processes, user and system, all threads; steps of 10 ms.
   */
  public static long cpuNanos(Collection<Long> pids) throws IOException {
    long ticks = 0;
    for (long pid : pids) {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // The command's name, field 2, may hold spaces and brackets; the last bracket ends it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      ticks += Long.parseLong(fields[USER_TICKS_FIELD - 3]);
      ticks += Long.parseLong(fields[SYSTEM_TICKS_FIELD - 3]);
    }
    return ticks * NANOS_PER_TICK;
  }

  /** Proportional set size: private pages, and shared ones divided by the number of their users. */
  public static long pssKibibytes(Collection<Long> pids) throws IOException {
    long sum = 0;
    for (long pid : pids) {
      sum += pssKibibytes(pid);
    }
    return sum;
  }

  private static long pssKibibytes(long pid) throws IOException {
    Path rollup = Path.of("/proc/" + pid + "/smaps_rollup");
    List<String> lines = Files.readAllLines(rollup);
    for (String line : lines) {
      if (line.startsWith("Pss:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException(rollup + ": expected a line Pss:, found " + lines.size() + " others");
  }
}
