// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

/**
 * How long a waiter yields before it blocks, learnt from how long it has waited lately.
 *
 * <p>It begins with the base. A wait that blocked although a longer look would have found its end
 * (being woken costs tens of microseconds) raises the budget to {@value #FACTOR} times the base, so
 * that a busy exchange rides over a short stall instead of putting all of its processes to sleep
 * one after the other. A wait that even this would not have covered halves it again: who is asked
 * once per millisecond burns no more than the base.
 *
 * <p>One thread. Allocates nothing.
 */
public final class YieldBudget {
  private static final int FACTOR = 6;

  private final long baseNanos;
  private final long mostNanos;
  private long nanos;

  /**
   * @param baseNanos 0: block at once, always
   */
  public YieldBudget(long baseNanos) {
    this.baseNanos = baseNanos;
    this.mostNanos = baseNanos > Long.MAX_VALUE / FACTOR ? Long.MAX_VALUE : FACTOR * baseNanos;
    this.nanos = baseNanos;
  }

  /** For how long to yield in a wait that begins now. */
  public long nanos() {
    return nanos;
  }

  /** A wait has ended with something to do, after so long, blocked or not. */
  public void ended(long waitedNanos) {
    if (waitedNanos > mostNanos) {
      nanos = Math.max(baseNanos, nanos / 2);
    } else if (waitedNanos > nanos) {
      nanos = mostNanos;
    }
  }
}
