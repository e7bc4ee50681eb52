// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.process.ProcessorTime;
import io.berth.bench.process.ProportionalSetSize;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a round costs, told apart by what the processes are: client, relay, broker, ... */
public final class Cost {
  private final Map<String, List<Long>> pids;
  private final Map<String, ProcessorTime> processorTime = new LinkedHashMap<>();

  private Cost(Map<String, List<Long>> pids) {
    this.pids = pids;
  }

  /** Starts counting. */
  public static Cost from(Map<String, List<Long>> pids) throws IOException {
    Cost cost = new Cost(pids);
    for (Map.Entry<String, List<Long>> part : pids.entrySet()) {
      cost.processorTime.put(part.getKey(), ProcessorTime.from(part.getValue()));
    }
    return cost;
  }

  /** Processor time of each part since, in nanoseconds. */
  public Map<String, Long> cpuNanos() throws IOException {
    Map<String, Long> nanos = new LinkedHashMap<>();
    for (Map.Entry<String, List<Long>> part : pids.entrySet()) {
      nanos.put(part.getKey(), processorTime.get(part.getKey()).nanosUntilNow(part.getValue()));
    }
    return nanos;
  }

  /** Proportional set size of each part at this moment, in KiB. */
  public static Map<String, Long> pssKibibytes(Map<String, List<Long>> pids) throws IOException {
    Map<String, Long> kibibytes = new LinkedHashMap<>();
    for (Map.Entry<String, List<Long>> part : pids.entrySet()) {
      kibibytes.put(part.getKey(), ProportionalSetSize.kibibytes(part.getValue()));
    }
    return kibibytes;
  }
}
