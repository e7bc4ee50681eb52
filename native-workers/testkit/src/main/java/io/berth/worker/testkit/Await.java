// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for what another thread or process makes true. The patience is no promise about speed: it
 * is so long that only what will never happen exceeds it.
 */
public final class Await {
  public static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long LOOK_NANOS = 50_000;

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
    if (!within(PATIENCE, condition)) {
      throw new AssertionError(
          "after " + PATIENCE.toSeconds() + " s still not: " + what + " " + found.get());
    }
  }

  /** Whether it became so in that time. */
  public static boolean within(Duration time, BooleanSupplier condition) {
    long end = System.nanoTime() + time.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return true;
  }
}
