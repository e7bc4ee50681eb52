// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.agrona.concurrent.IdleStrategy;

/** A relay's or worker's thread: poll, idle, and park while the harness measures another system. */
public final class DutyLoop implements AutoCloseable {
  private enum Mode {
    RUNNING,
    PAUSING,
    ENDING
  }

  private final IntSupplier duty;
  private final IdleStrategy idleStrategy;
  private final Runnable wake;
  private final Semaphore parked = new Semaphore(0);
  private final Thread thread;
  private volatile Mode mode = Mode.RUNNING;

  /**
   * Starts the thread.
   *
   * @param duty does what there is to do and says how much it was
   * @param wake makes an idle strategy return that blocks for a doorbell
   */
  public DutyLoop(IntSupplier duty, IdleStrategy idleStrategy, Runnable wake) {
    this.duty = duty;
    this.idleStrategy = idleStrategy;
    this.wake = wake;
    this.thread = new Thread(this::loop, "duty");
    thread.start();
  }

  /** Returns once the thread is parked. */
  public void pause() {
    mode = Mode.PAUSING;
    wake.run();
    parked.acquireUninterruptibly();
  }

  public boolean isPaused() {
    return mode == Mode.PAUSING;
  }

  public void resume() {
    mode = Mode.RUNNING;
    LockSupport.unpark(thread);
  }

  /** Ends the thread and waits for its end, so that what it used can be unmapped. */
  @Override
  public void close() {
    mode = Mode.ENDING;
    wake.run();
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    while (mode != Mode.ENDING) {
      int workCount = duty.getAsInt();
      idleStrategy.idle(workCount);
      if (workCount == 0 && mode == Mode.PAUSING) {
        parked.release();
        while (mode == Mode.PAUSING) {
          LockSupport.park(this);
        }
      }
    }
  }
}
