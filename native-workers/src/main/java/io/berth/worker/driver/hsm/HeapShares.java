// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.shm.status.Reason;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Divides what the heap has for long inputs among the requests that copy theirs as a whole: a
 * worker whose memory fails ends, and everybody's requests with it. Who finds too little left waits
 * for others to end; who asks for more than there is at all is told so.
 *
 * <p>Any thread.
 */
public final class HeapShares {
  /** What anything else needs: classes, sessions, and short inputs of all lanes. */
  private static final long OTHERS_BYTES = 64L << 20;

  /** Up to this an input is short, and not counted. */
  private static final int SHORT_BYTES = 64 << 10;

  private static final int UNIT_BYTES = 1 << 10;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final HeapShares OF_THIS_PROCESS = of(Runtime.getRuntime().maxMemory());

  /** A part of the heap, until it is closed. */
  @FunctionalInterface
  public interface Share {
    void close();
  }

  private static final Share NONE = () -> {};

  private final int most;
  private final Semaphore units;

  /** Of the one that waits for units: a short wait that is taken up again keeps its place. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private HeapShares(long bytes) {
    this.most = (int) Math.min(Integer.MAX_VALUE, bytes / UNIT_BYTES);
    this.units = new Semaphore(most);
  }

  /** Of a heap that may grow so far. */
  static HeapShares of(long heapBytes) {
    return new HeapShares(Math.max(heapBytes / 4, heapBytes - OTHERS_BYTES));
  }

  public static HeapShares ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /**
   * Takes what a request's input needs, and waits for it no longer than somebody waits for the
   * request.
   *
   * @param copies how often all of it is in the heap at once
   */
  public Share take(Request request, int copies) throws RequestException {
    ByteBuffer input = request.input();
    if (input == null || input.remaining() <= SHORT_BYTES) {
      return NONE;
    }
    long needed = ((long) input.remaining() * copies + UNIT_BYTES - 1) / UNIT_BYTES;
    if (needed > most) {
      throw RequestException.invalid(
          "input of "
              + input.remaining()
              + " bytes > "
              + (long) most * UNIT_BYTES / copies
              + ", for which the worker's heap has room; more with -Xmx in the device's"
              + " java_options");
    }
    int share = (int) needed;
    await(request, share);
    return () -> units.release(share);
  }

  private void await(Request request, int share) throws RequestException {
    try {
      while (!turn.tryLock(LOOK_NANOS, TimeUnit.NANOSECONDS)) {
        needSomebodyWaiting(request);
      }
      try {
        while (!units.tryAcquire(share, LOOK_NANOS, TimeUnit.NANOSECONDS)) {
          needSomebodyWaiting(request);
        }
      } finally {
        turn.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(
          Reason.GOING_AWAY.usualStatus(), Reason.GOING_AWAY, "the worker ends");
    }
  }

  private static void needSomebodyWaiting(Request request) throws RequestException {
    long deadline = request.deadlineNanos();
    boolean expired = deadline != Long.MAX_VALUE && deadline - System.nanoTime() <= 0;
    if (expired || request.isCancelled()) {
      throw new RequestException(
          Reason.BUDGET_EXCEEDED.usualStatus(),
          Reason.BUDGET_EXCEEDED,
          "the worker's memory is taken by other long inputs; nothing was done");
    }
  }
}
