// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

/** The writing end of a peer's doorbell. */
@FunctionalInterface
public interface Doorbell {
  /**
   * Rings without blocking.
   *
   * @return 1 rung, 0 a ring is already pending, negative: the peer's end is gone
   */
  int ring();
}
