// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

/**
 * How long the data thread looks before it blocks.
 *
 * <p>Yielding for some tens of microseconds lets the peer that is about to answer have the
 * processor, which on few processors is faster than either spinning or blocking at once; the budget
 * comes from the processors that this process may use.
 */
@SuppressWarnings("ThreadPriorityCheck") // Yielding to the peer that answers is the point here.
final class Idle {
  private static final int CLOCK_EVERY = 4;

  private final long yieldNanos;
  private long idleSinceNanos;
  private int passes;

  Idle(long yieldNanos) {
    this.yieldNanos = yieldNanos;
  }

  void reset() {
    passes = 0;
  }

  /** One idle pass. Returns true when it is time to block. */
  boolean pass() {
    if (passes == 0) {
      idleSinceNanos = System.nanoTime();
    } else if (passes % CLOCK_EVERY == 0 && System.nanoTime() - idleSinceNanos >= yieldNanos) {
      return true;
    }
    passes++;
    if (yieldNanos == 0) {
      return true;
    }
    Thread.yield();
    return false;
  }

  /** Idle passes so far, for looking at rarer things every few of them. */
  int passes() {
    return passes;
  }
}
