// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a figure depends on and a reader cannot guess. */
public final class MachineFacts {
  /** The load average at the run's start. */
  static final String LOAD = "load_average_before";

  private MachineFacts() {}

  /**
   * Reads them from the running kernel and JVM.
   *
   * @param idleStrategy how the polling yardsticks wait
   */
  public static Map<String, Object> read(String idleStrategy) throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("cores_usable", Runtime.getRuntime().availableProcessors());
    facts.put("cpu", fromCpuinfo(List.of("model name", "Model Name", "CPU implementer")));
    facts.put("architecture", System.getProperty("os.arch"));
    facts.put("virtual_machine", cpuFlags().contains(" hypervisor"));
    facts.put("kernel", System.getProperty("os.version"));
    facts.put(
        "jdk",
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    facts.put("idle_strategy", idleStrategy);
    facts.put("memory_gb", Math.round(totalMemoryKibibytes() * 1024 / 1e9));
    facts.put(LOAD, loadAverage());
    return facts;
  }

  private static String fromCpuinfo(List<String> keys) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
      int colon = line.indexOf(':');
      if (colon > 0 && keys.contains(line.substring(0, colon).strip())) {
        return line.substring(colon + 1).strip();
      }
    }
    return "unnamed";
  }

  private static String cpuFlags() throws IOException {
    return " " + fromCpuinfo(List.of("flags", "Features"));
  }

  private static long totalMemoryKibibytes() throws IOException {
    String first = Files.readAllLines(Path.of("/proc/meminfo")).get(0);
    return Long.parseLong(first.replaceAll("\\D", ""));
  }

  private static double loadAverage() throws IOException {
    String text = Files.readString(Path.of("/proc/loadavg"));
    return Double.parseDouble(String.format(Locale.ROOT, "%s", text.split(" ", -1)[0]));
  }
}
