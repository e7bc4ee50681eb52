// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class UnlistedNamesTest {
  @Test
  void names_without_end_are_refused_and_known_ones_go_on() {
    UnlistedNames names = new UnlistedNames();
    for (int i = 0; i < UnlistedNames.MOST; i++) {
      assertTrue(names.admit("hsm:token", "key-" + i));
    }
    assertFalse(names.admit("hsm:token", "one-more"));
    assertTrue(names.admit("hsm:token", "key-0"));
    assertTrue(names.admit("hsm:other", "one-more"));
  }
}
