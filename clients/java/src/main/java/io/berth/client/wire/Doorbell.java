// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

/** Rings the other side's doorbell. */
public interface Doorbell {
  /**
   * Writes one byte without waiting.
   *
   * @return false if nobody holds the other end any more
   */
  boolean ring();
}
