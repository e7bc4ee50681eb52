// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Load;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures systems in turns, A B C A B C ..., so that whatever the machine does meanwhile hits all
 * alike.
 */
public final class InterleavedRounds implements AutoCloseable {
  private static final long SETTLE_MILLIS = 50;

  private final List<SystemUnderTest> systems;

  /** Takes the systems over: they are started here and closed with this. */
  public InterleavedRounds(List<SystemUnderTest> systems) {
    this.systems = List.copyOf(systems);
  }

  /** Starts, warms and pauses every system, one after the other. */
  public void start(Load warmUp) throws IOException {
    for (SystemUnderTest system : systems) {
      system.start();
      system.run(warmUp);
      system.pause();
    }
  }

  /**
   * Runs the same load on every system so many times; results by the system's name, in the systems'
   * order.
   */
  public Map<String, List<Round>> run(Load load, int rounds) throws IOException {
    Load settle = new Load(SETTLE_MILLIS, load.window(), 0);
    Map<String, List<Round>> results = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (SystemUnderTest system : systems) {
        system.resume();
        if (load.intervalNanos() == 0) {
          system.run(settle);
        }
        results.computeIfAbsent(system.name(), name -> new ArrayList<>()).add(system.run(load));
        system.pause();
      }
    }
    return results;
  }

  @Override
  public void close() {
    systems.forEach(SystemUnderTest::close);
  }
}
