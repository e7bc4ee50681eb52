// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import io.berth.shm.region.Region;
import java.lang.invoke.VarHandle;

/**
 * The producer's half of waking: rings a sleeping consumer once per sleep.
 *
 * <p>The full fence between the publication and the look at the sleep word pairs with the one in
 * {@link Sleep}: of the two stores (tail, sleep word) at least one is seen by the other side.
 * Release and acquire alone do not order a store before a later load, not even on x86.
 *
 * <p>One thread per instance at a time.
 */
public final class Wake {
  private final Region peer;
  private final Doorbell doorbell;
  private long lastRung;

  public Wake(Region peer, Doorbell doorbell) {
    this.peer = peer;
    this.doorbell = doorbell;
  }

  /**
   * Call after publishing.
   *
   * @return false when the doorbell failed, which means that the peer is gone
   */
  public boolean afterPublication() {
    VarHandle.fullFence();
    return afterFence();
  }

  /** As {@link #afterPublication} where one fence already covers several links. */
  public boolean afterFence() {
    if (!isDueAfterFence()) {
      return true;
    }
    if (!ring()) {
      lastRung = 0;
      return false;
    }
    return true;
  }

  /**
   * The first half of {@link #afterPublication}, for a producer whose other threads must not wait
   * while it rings: whoever is woken may at once take the processor from who wakes.
   *
   * @return true once per sleep: then {@link #ring}
   */
  public boolean isDue() {
    VarHandle.fullFence();
    return isDueAfterFence();
  }

  private boolean isDueAfterFence() {
    long sleep = peer.sleepOpaque();
    if ((sleep & 1) == 0 || sleep == lastRung) {
      return false;
    }
    lastRung = sleep;
    return true;
  }

  /** Rings; by any thread. False when the doorbell failed, which means that the peer is gone. */
  public boolean ring() {
    return doorbell.ring() >= 0;
  }
}
