// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

/**
 * Process-wide settings that must be in place before the first Chronicle class is loaded. The
 * analytics artifact, which reports to a third party over the network, is also excluded from the
 * build; this is the second bolt on the same door.
 */
final class ChronicleSettings {
  private ChronicleSettings() {}

  static void apply() {
    System.setProperty("chronicle.analytics.disable", "true");
    System.setProperty("chronicle.announcer.disable", "true");
    // Chronicle's own monitor warns when it is too late, from a thread of its own; we reserve
    // instead.
    System.setProperty("chronicle.disk.monitor.disable", "true");
  }
}
