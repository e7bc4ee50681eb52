// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.counters.CountersFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** All counters at one moment, read without the broker's noticing. */
record CounterSnapshot(CountersFile.Owner owner, long nanos, Map<String, Long> values) {

  /** Reads the file anew, which may be another broker's by now. */
  static CounterSnapshot read(Path file) throws IOException {
    Map<String, Long> values = new LinkedHashMap<>();
    try {
      CountersFile.Owner owner = CountersFile.read(file, values::put);
      return new CounterSnapshot(owner, System.nanoTime(), values);
    } catch (NoSuchFileException e) {
      throw new NoCountersException(file);
    }
  }

  /** There is no such file, so no broker either. */
  static final class NoCountersException extends IOException {
    private static final long serialVersionUID = 1L;

    NoCountersException(Path file) {
      super(
          "no broker runs there: "
              + file
              + " does not exist; start one with 'berth up', or name its directory with --run or"
              + " its file with --config");
    }
  }

  boolean ownerLives() {
    return ProcessHandle.of(owner.pid()).isPresent();
  }

  long value(String label) {
    return values.getOrDefault(label, 0L);
  }

  /** How much a counter has grown since an earlier snapshot of the same broker, per second. */
  double perSecond(CounterSnapshot earlier, String label) {
    double seconds = (nanos - earlier.nanos) / 1e9;
    return seconds <= 0 ? 0 : (value(label) - earlier.value(label)) / seconds;
  }
}
