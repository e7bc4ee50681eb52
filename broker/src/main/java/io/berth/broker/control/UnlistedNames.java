// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Names that clients have opened and no configuration holds. Each is kept as long as the broker and
 * the device's worker live, so a client that makes names up must come to an end.
 *
 * <p>Control thread only.
 */
final class UnlistedNames {
  /** More keys than tokens hold. */
  static final int MOST = 4096;

  private final Map<String, Set<String>> byDevice = new HashMap<>();

  /** Whether the name may be opened: it was before, or there is room for one more. */
  boolean admit(String device, String localName) {
    Set<String> names = byDevice.computeIfAbsent(device, any -> new HashSet<>());
    return names.contains(localName) || (names.size() < MOST && names.add(localName));
  }
}
