// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * Which queue a request waits in at the broker; a handle has a ceiling to which higher ones are
 * lowered.
 */
public enum Priority {
  INTERACTIVE(0),
  NORMAL(1),
  BULK(2),
  BACKGROUND(3);

  private final int number;

  Priority(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
