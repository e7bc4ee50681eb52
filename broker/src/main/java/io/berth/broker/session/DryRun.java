// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

/**
 * Requests beyond a limit on trial: they are told once a second at most, with their number, so that
 * a trial cannot flood the journal. Data thread only.
 */
public final class DryRun {
  private static final long PAUSE_NANOS = 1_000_000_000L;

  private int untold;
  private long toldNanos;
  private boolean begun;

  /** One more; how many are to be told now, 0 for none yet. */
  public int toTell(long nowNanos) {
    untold++;
    if (begun && nowNanos - toldNanos < PAUSE_NANOS) {
      return 0;
    }
    begun = true;
    toldNanos = nowNanos;
    int count = untold;
    untold = 0;
    return count;
  }
}
