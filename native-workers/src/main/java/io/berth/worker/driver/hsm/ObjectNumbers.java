// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import java.security.SecureRandom;

/**
 * Numbers of what a device holds for clients' sessions, each given once: one of an earlier worker
 * names nothing, and never something else.
 *
 * <pre>  63 zero | 62..32 generation | 31..23 lane | 22..0 counter</pre>
 *
 * <p>The first generation is drawn by lot; when its counter is used up the next one begins, and
 * what was numbered in it stays.
 *
 * <p>One thread at a time.
 */
public final class ObjectNumbers {
  private static final int GENERATION_BITS = 31;
  private static final int LANE_BITS = 9;
  private static final int COUNTER_BITS = 23;
  private static final int LAST = (1 << COUNTER_BITS) - 1;

  private final int lane;
  private long generation;
  private int counter;

  /**
   * None is given yet.
   *
   * @param lane which lane holds what they name, or 0
   */
  public ObjectNumbers(int lane) {
    this(lane, new SecureRandom().nextLong() >>> (Long.SIZE - GENERATION_BITS), 0);
  }

  ObjectNumbers(int lane, long generation, int counter) {
    this.lane = lane;
    this.generation = generation;
    this.counter = counter;
  }

  /** One that no other object has or had; not 0. */
  public long next() {
    if (counter == LAST) {
      generation = (generation + 1) & ((1L << GENERATION_BITS) - 1);
      counter = 0;
    }
    counter++;
    return generation << (LANE_BITS + COUNTER_BITS) | (long) lane << COUNTER_BITS | counter;
  }

  /** The lane that a number says, be it one of these numbers. */
  public static int lane(long number) {
    return (int) (number >>> COUNTER_BITS) & ((1 << LANE_BITS) - 1);
  }
}
