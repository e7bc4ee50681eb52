// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when one of the broker's threads dies of what it did not expect.
 *
 * <p>A broker of which one thread is missing looks alive and serves nobody. One that ends is
 * started anew, finds its guards and workers with the devices open, and its clients come back; so
 * nothing is tidied up here, where it is not known what still works.
 */
public final class LoudEnd implements Thread.UncaughtExceptionHandler {
  /** EX_SOFTWARE of sysexits.h. */
  public static final int EXIT_CODE = 70;

  private static final Logger LOG = LoggerFactory.getLogger(LoudEnd.class);

  private final IntConsumer end;

  public LoudEnd() {
    // Not exit: a shutdown hook would wait for the thread that is no more.
    this(Runtime.getRuntime()::halt);
  }

  LoudEnd(IntConsumer end) {
    this.end = end;
  }

  @Override
  public void uncaughtException(Thread thread, Throwable failure) {
    try {
      LOG.error(
          "{} failed; the broker ends with code {} to be started anew",
          thread.getName(),
          EXIT_CODE,
          failure);
    } finally {
      end.accept(EXIT_CODE);
    }
  }

  /** A thread whose death ends the process. */
  public static Thread thread(Runnable life, String name) {
    return new LoudEnd().watch(new Thread(life, name));
  }

  Thread watch(Thread thread) {
    thread.setUncaughtExceptionHandler(this);
    return thread;
  }
}
