// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import java.util.HashMap;
import java.util.Map;

/** The devices that one administrative connection has released. */
final class Holding {
  final Administrator who;

  /** By resource; control thread only. */
  final Map<String, DeviceRelease> releases = new HashMap<>();

  private volatile boolean holding;

  /** Whether the connection is gone; control thread only. */
  boolean ended;

  Holding(Administrator who) {
    this.who = who;
  }

  void add(String resource, DeviceRelease release) {
    releases.put(resource, release);
    holding = true;
  }

  void remove(String resource) {
    releases.remove(resource);
    holding = !releases.isEmpty();
  }

  /** Any thread. A holder may be silent for as long as its command runs. */
  boolean isHolding() {
    return holding;
  }
}
