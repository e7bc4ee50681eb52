// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/** Who writes a block of shared memory. */
public enum Direction {
  /** This process writes, the worker reads. */
  INPUT(1),
  /** The worker writes, this process reads. */
  OUTPUT(2);

  private final int number;

  Direction(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
