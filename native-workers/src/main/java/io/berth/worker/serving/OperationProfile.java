// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.worker.driver.Operation;

/**
 * What is learnt of an operation from watching it executed, by lanes or by the reader of the ring:
 * how long it takes, and whether it computes here or waits for something elsewhere. It only steers
 * where and when requests are executed.
 *
 * <p>Any thread. Lanes overwrite each other's figures now and then, which estimates survive.
 */
final class OperationProfile {
  /** Below this it takes less than handing it to another thread. */
  static final long QUICK_NANOS = 15_000;

  /** Up to here whoever asks meanwhile may wait for it: as long as bulk work is cut into. */
  static final long SHORT_NANOS = 1_000_000;

  /** One that takes this long was no short one. */
  private static final long NOT_SHORT_NANOS = 5 * SHORT_NANOS;

  /** One that takes this long was no quick one. */
  private static final long NOT_QUICK_NANOS = 20 * QUICK_NANOS;

  /**
   * What client, broker and the reader of the ring compute for one request; measured on two
   * processors, with as many lanes that compute.
   */
  private static final double CARRYING_NANOS = 80_000;

  private static final int SETTLED = 64;
  private static final int WATCH_EVERY = 8;
  private static final int AVERAGE_OVER = 16;
  private static final int ALL_WAITED = 1024;
  private static final int MANY_WAITED = ALL_WAITED / 2;

  /** How many of it compute on lanes now, and of these for interactive requests. The pool's. */
  int running;

  int runningInteractive;

  private final Operation operation;
  private volatile int executions;
  private volatile long averageNanos;
  private volatile int waited = ALL_WAITED;
  private volatile boolean streams;

  OperationProfile(Operation operation) {
    this.operation = operation;
  }

  Operation operation() {
    return operation;
  }

  /** Whether the next execution is one to watch: the first ones, later some. */
  boolean isToBeWatched() {
    int number = executions;
    return number < SETTLED || number % WATCH_EVERY == 0;
  }

  /** A lane has executed it. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void executed(long nanos) {
    executions = executions == Integer.MAX_VALUE ? SETTLED : executions + 1;
    averageNanos += (nanos - averageNanos) / AVERAGE_OVER;
  }

  /**
   * What was seen of an execution, which is told of besides.
   *
   * @param computedNanos of that on a processor; it may have been taken away by others
   * @param hasWaited whether it has given its processor away by itself
   */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void watched(long nanos, long computedNanos, boolean hasWaited) {
    int now = waited;
    boolean mostlyWaited = hasWaited && computedNanos < nanos / 2;
    waited = now + ((mostlyWaited ? ALL_WAITED : 0) - now) / AVERAGE_OVER;
  }

  /** It was executed as a quick one. */
  void executedQuickly(long nanos) {
    executed(nanos);
    if (nanos > NOT_QUICK_NANOS) {
      executions = 0; // Lanes are to show anew how long it takes.
    }
  }

  /** It was executed as a short one by the reader of the ring: alone, or one after the other. */
  void executedHere(long nanos) {
    executed(nanos);
    if (nanos > NOT_SHORT_NANOS) {
      executions = 0;
    }
  }

  /** It answers in parts. */
  void hasStreamed() {
    streams = true;
  }

  /** Whether it keeps a processor busy: more of it at once than processors gains nothing. */
  boolean computes() {
    return executions >= SETTLED && waited < MANY_WAITED;
  }

  /**
   * How many of it may compute at once, so that those who carry requests to and fro find a
   * processor for what they do: as many as there are, except where that is much beside the work
   * itself.
   */
  int mostAtOnce(int processors) {
    double share = averageNanos / (averageNanos + CARRYING_NANOS);
    return (int) Math.max(1, Math.round(processors * share));
  }

  /**
   * Whether it is short and only one at a time may compute: then lanes gain nothing, and the reader
   * of the ring does one after the other.
   */
  boolean isBestInTurn(int processors) {
    return averageNanos <= 2 * CARRYING_NANOS && mostAtOnce(processors) == 1 && mayLeaveLane();
  }

  /**
   * Whether it is over sooner than a lane would have been woken for it, and leaves nothing there.
   */
  boolean isQuick() {
    return averageNanos <= QUICK_NANOS && mayLeaveLane();
  }

  /** Whether the reader of the ring may execute it while there is nothing to read. */
  boolean isShort() {
    return averageNanos <= SHORT_NANOS && mayLeaveLane();
  }

  /**
   * One that waits for a device stays on lanes: should the device hang, the ring is read on, and
   * the worker has the time that is configured for that.
   */
  private boolean mayLeaveLane() {
    return computes() && !streams && operation.execution() == Operation.Execution.ANYWHERE;
  }
}
