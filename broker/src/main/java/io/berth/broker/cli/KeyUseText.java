// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.counters.KeyUseCounters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How often keys were used, for people and for programs; most used first. */
final class KeyUseText {
  /** One pair's count. */
  private record Use(String key, String principal, long count) {}

  private KeyUseText() {}

  static String of(CounterSnapshot counters) {
    TextTable table = new TextTable("key", "principal", "uses");
    uses(counters).forEach(use -> table.row(use.key, use.principal, use.count));
    return table.toString();
  }

  static List<Object> forPrograms(CounterSnapshot counters) {
    List<Object> out = new ArrayList<>();
    for (Use use : uses(counters)) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("key", use.key);
      one.put("principal", use.principal);
      one.put("uses", use.count);
      out.add(one);
    }
    return out;
  }

  private static List<Use> uses(CounterSnapshot counters) {
    List<Use> uses = new ArrayList<>();
    counters
        .values()
        .forEach(
            (label, count) -> {
              if (label.startsWith(KeyUseCounters.PREFIX)) {
                String[] pair = label.substring(KeyUseCounters.PREFIX.length()).split(" ", 2);
                uses.add(new Use(pair[0], pair[pair.length - 1], count));
              }
            });
    uses.sort((one, other) -> Long.compare(other.count, one.count));
    long others = counters.value(KeyUseCounters.OTHERS);
    if (others > 0) {
      uses.add(new Use("others", "others", others));
    }
    return uses;
  }
}
