// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import io.berth.bench.process.ChildProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Client processes that run the same load at the same time, seen as one. */
public final class Clients implements AutoCloseable {
  private final List<ChildProcess> processes = new ArrayList<>();
  private int ready;

  /** Starts one process; {@link #awaitReady} waits for all. */
  public void add(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    processes.add(new ChildProcess(name, command, environment));
  }

  /** Waits for those that were added since the last time. */
  public void awaitReady() throws IOException {
    for (ChildProcess process : processes.subList(ready, processes.size())) {
      process.awaitReady();
    }
    ready = processes.size();
  }

  public List<Long> pids() {
    return processes.stream().map(ChildProcess::pid).toList();
  }

  public int count() {
    return processes.size();
  }

  /**
   * Lets the first so many run a load; the others stay connected and silent.
   *
   * @return waits for the end
   */
  public Running begin(Load load, int busy) throws IOException {
    List<ChildProcess> running = processes.subList(0, busy);
    for (ChildProcess process : running) {
      process.beginRun(load);
    }
    return () -> {
      Outcome sum = running.get(0).awaitOutcome();
      for (ChildProcess process : running.subList(1, busy)) {
        sum = sum.plus(process.awaitOutcome());
      }
      return sum;
    };
  }

  /** A load under way. */
  @FunctionalInterface
  public interface Running {
    Outcome awaitOutcome() throws IOException;
  }

  @Override
  public void close() {
    processes.forEach(ChildProcess::close);
  }
}
