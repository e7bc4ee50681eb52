// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

/**
 * How a thread that polls rings waits: it gives the processor away between its passes, and blocks
 * when there has been nothing to do for the {@link YieldBudget}.
 *
 * <p>Yielding lets the peer that is about to ask or answer have the processor, which on few
 * processors is faster than either spinning or blocking at once. It yields also after a pass with
 * little to do: whoever polls again at once takes requests one by one as they are written, pays the
 * fences of a batch for each, and keeps the peer that shares its processor from answering.
 *
 * <p>One thread.
 */
@SuppressWarnings("ThreadPriorityCheck") // Yielding to the peer that answers is the point here.
public final class Idle {
  private final boolean yields;
  private final YieldBudget budget;
  private boolean waiting;
  private long waitBeganNanos;
  private long lookBeganNanos;
  private int passes;

  /**
   * @param yieldNanos base of the budget; 0: block at once
   */
  public Idle(long yieldNanos) {
    yields = yieldNanos > 0;
    budget = new YieldBudget(yieldNanos);
  }

  /** A pass found something to do. */
  public void worked(long nowNanos) {
    if (waiting) {
      waiting = false;
      budget.ended(nowNanos - waitBeganNanos);
    }
    passes = 0;
  }

  /** A pass found nothing. Returns true when it is time to block. */
  public boolean isTimeToBlock(long nowNanos) {
    if (passes++ == 0) {
      lookBeganNanos = nowNanos;
      if (!waiting) {
        waiting = true;
        waitBeganNanos = nowNanos;
      }
    }
    return !yields || nowNanos - lookBeganNanos >= budget.nanos();
  }

  /**
   * It has blocked.
   *
   * @param rung whether somebody woke it: then what that one has is looked for as long as ever. By
   *     its own clock it wakes only to look around, and blocks again at once.
   */
  public void woken(boolean rung) {
    if (rung) {
      passes = 0;
    }
  }

  /** Passes since the last with work, for looking at rarer things every few of them. */
  public int passes() {
    return passes;
  }

  /** Gives the processor away. */
  public void giveWay() {
    if (yields) {
      Thread.yield();
    }
  }
}
