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

  /**
   * Begins a new sleep without having been awake: whoever rang for the last one rings again. Needs
   * the fence and the look as {@link #arm} does.
   */
  public void rearm() {
    word += (word & 1) == 0 ? 1 : 2;
    own.sleepOpaque(word);
  }

  public boolean armed() {
    return (word & 1) != 0;
  }
}
