// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/** The ways to wait that can be named on the command line. */
public final class Waits {
  public static final String YIELD = "yield";
  public static final String BLOCK = "block";

  private Waits() {}

  /**
   * A strategy that needs no doorbell.
   *
   * @param name yield, spin, or backoff (1 µs to 1 ms parks, Agrona's default)
   */
  public static IdleStrategy polling(String name) {
    return switch (name) {
      case YIELD -> new YieldingIdleStrategy();
      case "spin" -> new BusySpinIdleStrategy();
      case "backoff" -> new BackoffIdleStrategy();
      default ->
          throw new IllegalArgumentException(
              "idle strategy: expected yield, spin or backoff, found " + name);
    };
  }

  static IdleStrategy named(String name, Doorbell own, Doorbell.Waiting waiting) {
    return name.equals(BLOCK) ? new BlockingIdle(own, waiting) : polling(name);
  }

  /** Blocks at once when there is nothing. */
  private record BlockingIdle(Doorbell own, Doorbell.Waiting waiting) implements IdleStrategy {
    @Override
    public void idle(int workCount) {
      if (workCount == 0) {
        own.await(waiting);
      }
    }

    @Override
    public void idle() {
      own.await(waiting);
    }

    @Override
    public void reset() {}
  }
}
