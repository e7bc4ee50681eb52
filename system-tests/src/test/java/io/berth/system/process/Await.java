// SPDX-License-Identifier: Apache-2.0
package io.berth.system.process;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for conditions that only another process can make true. The patience is no promise about
 * speed: it is so long that only what will never happen exceeds it.
 */
public final class Await {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long FIRST_PAUSE_NANOS = 20_000;
  private static final long LONGEST_PAUSE_NANOS = 2_000_000;

  private Await() {}

  /** Waits until it is so. */
  public static void until(String what, BooleanSupplier condition) {
    until(what, condition, () -> "");
  }

  /**
   * Waits until it is so.
   *
   * @param found what there is instead, for the message
   */
  public static void until(String what, BooleanSupplier condition, Supplier<String> found) {
    long start = System.nanoTime();
    // What is nearly there costs little time, what takes long little of the processor.
    long pause = FIRST_PAUSE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError(
            "after " + PATIENCE.toSeconds() + " s still not: " + what + " " + found.get());
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
    }
  }
}
