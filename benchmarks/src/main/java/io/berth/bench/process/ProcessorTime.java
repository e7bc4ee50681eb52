// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Processor time of processes from one moment on, user and system, all threads.
 *
 * <p>The scheduler's own count is taken ({@code schedstat}, nanoseconds), because the steps of 10
 * ms in {@code /proc/PID/stat} are longer than all that a mostly idle system uses. Threads that end
 * in between, such as a compiler thread of a JVM, take their count with them; where the kernel
 * keeps no {@code schedstat} the coarse count is used.
 */
public final class ProcessorTime {
  /** USER_HZ, in which /proc/PID/stat counts: 100 in the ABI of every architecture we build for. */
  private static final long NANOS_PER_TICK = 10_000_000L;

  private static final int USER_TICKS_FIELD = 14;
  private static final int SYSTEM_TICKS_FIELD = 15;

  private final Map<Path, Long> before;

  private ProcessorTime(Map<Path, Long> before) {
    this.before = before;
  }

  /** Starts counting. */
  public static ProcessorTime from(Collection<Long> pids) throws IOException {
    return new ProcessorTime(read(pids));
  }

  /** What the processes that are alive have used since. */
  public long nanosUntilNow(Collection<Long> pids) throws IOException {
    long sum = 0;
    for (Map.Entry<Path, Long> now : read(pids).entrySet()) {
      sum += now.getValue() - before.getOrDefault(now.getKey(), 0L);
    }
    return sum;
  }

  private static Map<Path, Long> read(Collection<Long> pids) throws IOException {
    Map<Path, Long> nanos = new HashMap<>();
    for (long pid : pids) {
      Path process = Path.of("/proc/" + pid);
      if (Files.exists(process.resolve("schedstat"))) {
        readThreads(process, nanos);
      } else {
        nanos.put(process, ticks(process) * NANOS_PER_TICK);
      }
    }
    return nanos;
  }

  private static void readThreads(Path process, Map<Path, Long> nanos) throws IOException {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(process.resolve("task"))) {
      for (Path thread : threads) {
        try {
          String onProcessor = Files.readString(thread.resolve("schedstat")).split(" ", -1)[0];
          nanos.put(thread, Long.parseLong(onProcessor));
        } catch (NoSuchFileException ended) {
          // Between the listing and the reading; what it used is lost, as the class says.
        }
      }
    }
  }

  private static long ticks(Path process) throws IOException {
    String stat = Files.readString(process.resolve("stat"));
    // The command's name, field 2, may hold spaces and brackets; the last bracket ends it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[USER_TICKS_FIELD - 3])
        + Long.parseLong(fields[SYSTEM_TICKS_FIELD - 3]);
  }
}
