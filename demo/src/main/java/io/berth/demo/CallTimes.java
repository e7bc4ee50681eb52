// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the applications measured: begin and end of every call, on the host's monotonic clock. */
final class CallTimes {
  private record Row(Application.Language language, String call) {}

  private static final Map<String, String> NAMES =
      Map.of(
          "sm2-sign", "SM2 sign",
          "sm2-verify", "SM2 verify",
          "sm3", "SM3 digest",
          "sm4-encrypt", "SM4 encrypt",
          "sm4-decrypt", "SM4 decrypt",
          "random", "random iv");

  private final Map<Row, List<Long>> nanos = new TreeMap<>(CallTimes::compare);
  private final List<Long> answeredAt = new ArrayList<>();

  private static int compare(Row a, Row b) {
    int byCall = NAMES.get(a.call).compareTo(NAMES.get(b.call));
    return byCall != 0 ? byCall : a.language.compareTo(b.language);
  }

  void add(Application application) throws IOException {
    Path calls = application.folder().resolve("calls.txt");
    for (String line : Files.readAllLines(calls)) {
      String[] words = line.split(" ", -1);
      long begin = Long.parseLong(words[1]);
      long end = Long.parseLong(words[2]);
      nanos
          .computeIfAbsent(new Row(application.language(), words[0]), row -> new ArrayList<>())
          .add(end - begin);
      answeredAt.add(end);
    }
  }

  int count() {
    return answeredAt.size();
  }

  /** The longest time in which no application got any answer, in nanoseconds. */
  long longestSilenceNanos() {
    long[] moments = answeredAt.stream().mapToLong(Long::longValue).sorted().toArray();
    long longest = 0;
    for (int i = 1; i < moments.length; i++) {
      longest = Math.max(longest, moments[i] - moments[i - 1]);
    }
    return longest;
  }

  /** From the first answer to the last, in nanoseconds. */
  long spanNanos() {
    long[] moments = answeredAt.stream().mapToLong(Long::longValue).sorted().toArray();
    return moments[moments.length - 1] - moments[0];
  }

  /** One line per operation and language. */
  String table() {
    StringBuilder table =
        new StringBuilder(
            String.format(
                "%-14s%-10s%8s%12s%12s%12s%n",
                "operation", "client", "calls", "p50, µs", "p99, µs", "max, µs"));
    nanos.forEach(
        (row, values) -> {
          long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
          table.append(
              String.format(
                  "%-14s%-10s%8d%12.0f%12.0f%12.0f%n",
                  NAMES.get(row.call),
                  row.language.text,
                  sorted.length,
                  percentile(sorted, 50) / 1e3,
                  percentile(sorted, 99) / 1e3,
                  Arrays.stream(sorted).max().orElse(0) / 1e3));
        });
    return table.toString();
  }

  /** The smallest value that so many percent do not exceed. */
  static long percentile(long[] sorted, int percent) {
    return sorted[(int) ((sorted.length * (long) percent + 99) / 100) - 1];
  }
}
