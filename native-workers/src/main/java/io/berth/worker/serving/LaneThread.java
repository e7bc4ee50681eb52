// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.jni.os.ProcessControl;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.PartSource;
import io.berth.worker.driver.RequestException;
import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread with one session with the device. */
final class LaneThread extends Thread {
  /** EX_SOFTWARE of sysexits.h. */
  static final int EXIT_CODE = 70;

  private static final Logger LOG = LoggerFactory.getLogger(LaneThread.class);
  private static final int STACK_BYTES = 512 * 1024;

  final int number;

  /** Whether it only executes interactive requests. */
  final boolean isReserved;

  /** Requests that only this lane may execute. Guarded by the pool's lock. */
  final ArrayDeque<Exchange> own = new ArrayDeque<>();

  private final LanePool pool;
  private final OpenDriver device;
  private final CountDownLatch tried = new CountDownLatch(1);
  private volatile DriverException failure;
  private volatile Exchange handed;
  private volatile boolean stopping;
  private volatile boolean untidy;
  private volatile Lane opened;
  private final ProcessorWatch watch = new ProcessorWatch();

  LaneThread(String deviceName, int number, LanePool pool, OpenDriver device) {
    super(null, null, deviceName + "/lane-" + number, STACK_BYTES);
    setDaemon(true);
    setUncaughtExceptionHandler(LaneThread::endWorker);
    this.number = number;
    this.isReserved = number >= device.driver().lanes();
    this.pool = pool;
    this.device = device;
  }

  /**
   * A worker without one of its lanes looks alive and answers less and less; one that ends is
   * replaced, and what it had is settled. What ends a lane is above all an OutOfMemoryError that
   * the virtual machine does not end by itself for, such as that for buffers outside of the heap.
   */
  private static void endWorker(Thread lane, Throwable failure) {
    try {
      // Its text alone, as a stack trace may quote what was in the request.
      LOG.error("{} ends, and the worker with it: {}", lane.getName(), failure.toString());
    } finally {
      Runtime.getRuntime().halt(EXIT_CODE); // Not exit: the way out would wait for this lane.
    }
  }

  void awaitOpened() throws DriverException, InterruptedException {
    tried.await();
    if (failure != null) {
      throw failure;
    }
  }

  /** Gives a sleeping lane its next request. Under the pool's lock. */
  void hand(Exchange exchange) {
    handed = exchange;
    LockSupport.unpark(this);
  }

  void requestStop() {
    stopping = true;
    LockSupport.unpark(this);
  }

  /**
   * Sessions have ended: the lane lets go of what it has of them, at once if it has nothing else to
   * do. Any thread.
   */
  void sessionsEnded() {
    try {
      if (opened.isUntidy()) {
        untidy = true;
        LockSupport.unpark(this);
      }
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("{}: whether it is tidy: {}", getName(), e.toString());
    }
  }

  @Override
  public void run() {
    ProcessControl.setThreadName(getName());
    Lane lane;
    try {
      // Here, as some libraries tie a session to the thread that opened it.
      lane = device.driver().openLane(number);
      opened = lane;
    } catch (DriverException | RuntimeException | LinkageError e) {
      failure =
          e instanceof DriverException known
              ? known
              : DriverException.permanent(getName() + ": " + e, e);
      return;
    } finally {
      tried.countDown();
    }
    try (lane) {
      // Idle since the pool has it.
      for (Exchange next = sleep(lane); next != null; next = await(lane)) {
        execute(lane, next);
      }
    }
  }

  /** The next request; null: stop. */
  private Exchange await(Lane lane) {
    Exchange next = pool.next(this);
    return next != null ? next : sleep(lane);
  }

  /** What an idle lane is handed; null: stop. */
  @SuppressWarnings("ThreadPriorityCheck") // Yielding is what keeps the wait short.
  private Exchange sleep(Lane lane) {
    // A lane whose device takes longer than the yields would take gains nothing by yielding.
    long patience = pool.worthYielding() ? pool.yieldNanos() : 0;
    long until = System.nanoTime() + patience;
    while (handed == null && !stopping) {
      if (untidy) {
        tidy(lane);
      } else if (System.nanoTime() - until < 0) {
        Thread.yield();
      } else {
        LockSupport.park(this);
      }
    }
    Exchange next = handed;
    handed = null;
    return next;
  }

  private void tidy(Lane lane) {
    untidy = false; // Before the look, as further sessions may end after it.
    try {
      lane.tidy();
      if (lane.isUntidy()) {
        untidy = true;
      }
    } catch (RuntimeException | LinkageError | AssertionError e) {
      LOG.warn("{}: what sessions that ended have left: {}", getName(), e.toString());
    }
  }

  private void execute(Lane lane, Exchange exchange) {
    long begun = System.nanoTime();
    PartSource source = exchange.source();
    if (source == null) {
      OperationProfile profile = exchange.profile;
      watch.begin(profile);
      Executions.begin(lane, exchange, begun);
      source = exchange.source();
      long took = System.nanoTime() - begun;
      watch.end(profile, took);
      profile.executed(took);
      if (source != null) {
        profile.hasStreamed();
      }
      pool.served(took);
    }
    if (source != null && !exchange.isAnswered() && !stream(exchange, source)) {
      return; // Paused: it comes back with credit.
    }
    if (source != null) {
      Executions.close(source);
    }
    pool.ended(exchange);
  }

  /** Sends parts while there is credit. False: paused. */
  private boolean stream(Exchange exchange, PartSource source) {
    try {
      while (true) {
        if (exchange.isCancelled()) {
          Executions.cancelled(exchange);
          return true;
        }
        if (exchange.isExpired(System.nanoTime())) {
          Executions.expired(exchange);
          return true;
        }
        if (!source.hasNext()) {
          exchange.end();
          return true;
        }
        if (!pool.takeCredit(exchange, this)) {
          return false;
        }
        int[] sent = {0};
        source.next(
            (payload, offset, bytes) -> {
              if (++sent[0] > 1) {
                throw new IllegalStateException("two parts at once");
              }
              partOf(exchange, payload, offset, bytes);
            });
        if (sent[0] == 0) {
          throw new IllegalStateException("hasNext, but no part");
        }
        pool.publish();
      }
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      Executions.failed(exchange, e);
      return true;
    }
  }

  private static void partOf(Exchange exchange, DirectBuffer payload, int offset, int bytes) {
    try {
      exchange.part(payload, offset, bytes);
    } catch (RequestException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }
}
