// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps apart what is done with the token before and after it was lost. A module may give the
 * numbers of lost sessions and objects to new ones at once: whoever went on with an old number
 * would sign with, or close, what belongs to somebody else. So nothing new is opened before
 * everything that was begun with old numbers has ended, and old numbers are not used any more.
 *
 * <p>Any thread.
 */
final class TokenUse {
  /** Makes good what was lost. */
  @FunctionalInterface
  interface Recovery<E extends Exception> {
    void run() throws E;
  }

  private final boolean alone;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile int epoch;
  // The first epoch whose sessions the module may still have open. Guarded by the lock.
  private int openSince;

  /**
   * Nobody uses the token yet.
   *
   * @param alone whether only one may use it at a time: a module that cannot be called by several
   *     threads at once
   */
  TokenUse(boolean alone) {
    this.alone = alone;
  }

  /** How often the token or the login was lost. What was got in another epoch means nothing now. */
  int epoch() {
    return epoch;
  }

  /** Begins to use the token: until the end of it nobody declares it lost. May be nested. */
  Lock begin() {
    Lock use = alone ? lock.writeLock() : lock.readLock();
    use.lock();
    return use;
  }

  /** Whether who begins to use the token now is not likely to wait. */
  boolean isFree() {
    return !ObjectLocks.isHeldUp(lock);
  }

  /** Whether the module may still have this session. For those who have begun. */
  boolean isOpen(ModuleSession session) {
    return session.epoch() >= openSince;
  }

  /**
   * Waits until nobody uses the token, and begins a new epoch. Nobody may call it who has begun.
   *
   * @param seenEpoch when the caller saw the loss: if somebody else has been here since, nothing is
   *     to do
   * @param sessionsEnded whether the sessions of that epoch are gone, too, and not only the login
   * @param recovery what is to do before anybody uses the token again
   */
  <E extends Exception> void lost(int seenEpoch, boolean sessionsEnded, Recovery<E> recovery)
      throws E {
    lock.writeLock().lock();
    try {
      if (sessionsEnded) {
        openSince = Math.max(openSince, seenEpoch + 1);
      }
      if (seenEpoch == epoch) {
        epoch = seenEpoch + 1;
        recovery.run();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
