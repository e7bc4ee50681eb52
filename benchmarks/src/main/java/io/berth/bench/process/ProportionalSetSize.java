// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * The memory that processes cost: private pages, and shared ones divided by the number of their
 * users.
 */
public final class ProportionalSetSize {
  private ProportionalSetSize() {}

  /** The sum over processes that are alive, from {@code smaps_rollup} (kernel 4.14 and later). */
  public static long kibibytes(Collection<Long> pids) throws IOException {
    long sum = 0;
    for (long pid : pids) {
      sum += kibibytes(Path.of("/proc/" + pid + "/smaps_rollup"));
    }
    return sum;
  }

  private static long kibibytes(Path rollup) throws IOException {
    List<String> lines = Files.readAllLines(rollup);
    for (String line : lines) {
      if (line.startsWith("Pss:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException(rollup + ": expected a line Pss:, found " + lines.size() + " others");
  }
}
