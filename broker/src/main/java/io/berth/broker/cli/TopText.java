// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.util.Locale;
import java.util.TreeMap;

/** What {@code berth top} shows of two snapshots. */
final class TopText {
  private static final String DEVICE = "device-completed ";
  private static final String REFUSED = "refused-";

  private final CounterSnapshot before;
  private final CounterSnapshot now;

  TopText(CounterSnapshot before, CounterSnapshot now) {
    this.before = before;
    this.now = now;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append("berth top: broker pid ")
        .append(now.owner().pid())
        .append(now.ownerLives() ? "" : " (not running: these are its last figures)")
        .append(", epoch ")
        .append(Long.toHexString(now.owner().brokerEpoch()))
        .append("\nsessions ")
        .append(now.value("sessions"))
        .append("  requests in the broker ")
        .append(now.value("requests-in-broker"))
        .append("  data thread: ")
        .append(rate("data-thread-wakes"))
        .append(" wakes/s, ")
        .append(rate("data-thread-blocks"))
        .append(" blocks/s\nper second: ")
        .append(rate("requests-admitted"))
        .append(" admitted, ")
        .append(rate("requests-completed"))
        .append(" completed, ")
        .append(rate("requests-retried"))
        .append(" retried, ")
        .append(rate("answers-late"))
        .append(" late answers\n\n")
        .append(devices())
        .append(refusals());
    return out.toString();
  }

  private String devices() {
    TextTable table =
        new TextTable("device", "per second", "window", "in flight", "queued", "completed");
    boolean any = false;
    for (String label : now.values().keySet()) {
      if (label.startsWith(DEVICE)) {
        any = true;
        String resource = label.substring(DEVICE.length());
        table.row(
            resource,
            rate(label),
            now.value("device-window " + resource),
            now.value("device-in-flight " + resource),
            now.value("device-queued " + resource),
            now.value(label));
      }
    }
    return any ? table.toString() : "no devices\n";
  }

  /** Only reasons that have occurred: there are many more. */
  private String refusals() {
    TextTable table = new TextTable("ended otherwise", "per second", "in all");
    TreeMap<String, Long> occurred = new TreeMap<>();
    now.values()
        .forEach(
            (label, value) -> {
              if (label.startsWith(REFUSED) && value > 0) {
                occurred.put(label, value);
              }
            });
    occurred.forEach(
        (label, value) -> table.row(label.substring(REFUSED.length()), rate(label), value));
    return occurred.isEmpty() ? "" : "\n" + table;
  }

  private String rate(String label) {
    return String.format(Locale.ROOT, "%.0f", now.perSecond(before, label));
  }
}
