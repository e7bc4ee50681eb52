// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import io.berth.shm.region.Region;

/**
 * The consumer's half of waking. Use: {@link #arm}, full fence, look once more, block, {@link
 * #disarm}. The fence is the caller's, because one fence serves many links.
 *
 * <p>One thread per instance.
 */
public final class Sleep {
  private final Region own;
  private long word;

  public Sleep(Region own) {
    this.own = own;
  }

  public void arm() {
    if ((word & 1) == 0) {
      own.sleepOpaque(++word);
    }
  }

  public void disarm() {
    if ((word & 1) != 0) {
      own.sleepOpaque(++word);
    }
  }

  public boolean armed() {
    return (word & 1) != 0;
  }
}
