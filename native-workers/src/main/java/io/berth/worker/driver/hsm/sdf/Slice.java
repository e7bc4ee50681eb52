// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import java.util.function.LongSupplier;

/**
 * How much long data one call to the card gets, so that a call takes about a millisecond: a card
 * with a single engine serves others between the calls.
 *
 * <p>Learnt from the calls themselves, for each kind of work of each session. A call may also have
 * waited for the engine behind another session's; so the quickest calls count, and slower ones
 * change the measure only as they go on being slow.
 *
 * <p>One thread.
 */
final class Slice {
  /** Kinds of work, which take a card's engine for different times. */
  enum Work {
    CIPHER,
    DIGEST,
    MAC
  }

  static final long AIM_NANOS = 1_000_000;

  /** Less costs more in calls than it gives to others. */
  static final int LEAST_BYTES = 4096;

  private static final int MOST_GROWTH = 2;
  private static final int SLOWER_OVER = 16;

  private final LongSupplier clock;
  private final int mostBytes;
  private int bytes;
  private double nanosPerByte;
  private long begunNanos;

  /**
   * Begins with the least.
   *
   * @param mostBytes what the card takes at once
   */
  Slice(int mostBytes, LongSupplier nanoClock) {
    this.clock = nanoClock;
    this.mostBytes = mostBytes;
    this.bytes = Math.min(LEAST_BYTES, mostBytes);
  }

  /** What the next call gets at most; a multiple of a block where the card's buffer is one. */
  int bytes() {
    return bytes;
  }

  /** A call begins. */
  void begin() {
    begunNanos = clock.getAsLong();
  }

  /**
   * The call has ended well.
   *
   * @param done bytes that it was given
   */
  void end(int done) {
    if (done < Math.min(LEAST_BYTES, mostBytes)) {
      return; // Too short to tell: what a call costs by itself would count for all its bytes.
    }
    double found = (double) Math.max(1, clock.getAsLong() - begunNanos) / done;
    if (nanosPerByte == 0 || found < nanosPerByte) {
      nanosPerByte = found;
    } else {
      nanosPerByte += (found - nanosPerByte) / SLOWER_OVER;
    }
    long wanted = (long) Math.min(AIM_NANOS / nanosPerByte, (double) MOST_GROWTH * bytes);
    int whole = (int) Math.min(wanted, mostBytes) & -Forms.BLOCK_BYTES;
    bytes = Math.min(Math.max(whole, LEAST_BYTES), mostBytes);
  }
}
