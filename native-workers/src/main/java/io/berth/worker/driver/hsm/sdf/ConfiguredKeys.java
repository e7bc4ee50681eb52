// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.RequestException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of the configuration, read once at start: one that is written wrongly is told of then,
 * and not only to the first who asks for it. It costs no other key its service.
 *
 * @param right in the order of their names; whether the card has them is not asked here
 * @param wrong of each other one: which it is, what was expected and what was found
 */
record ConfiguredKeys(List<SdfKey> right, List<String> wrong) {
  private static final Logger LOG = LoggerFactory.getLogger(ConfiguredKeys.class);

  static ConfiguredKeys of(DriverContext context) {
    List<SdfKey> right = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (String name : context.targetNames()) {
      try {
        right.add(
            SdfKey.of(
                context.name(),
                name,
                context.targetSettings(name),
                context.setting("password_file", null)));
      } catch (RequestException e) {
        LOG.warn("{}; whoever asks for this key is told so, the others are served", e.getMessage());
        wrong.add(e.getMessage());
      }
    }
    return new ConfiguredKeys(List.copyOf(right), List.copyOf(wrong));
  }

  /** For people: the keys that cannot be used; empty if all can be. */
  String notes() {
    StringBuilder notes = new StringBuilder();
    wrong.forEach(text -> notes.append("key not usable: ").append(text).append("; "));
    return notes.toString();
  }
}
