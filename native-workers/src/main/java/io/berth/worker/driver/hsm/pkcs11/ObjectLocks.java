// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps apart what modules cannot do at once with objects of the token. SoftHSM for one writes an
 * object's file anew with each of its attributes; a thread that comes upon it meanwhile, be it only
 * in looking for another object, declares it void, and whoever changes or makes it is told of a
 * general error.
 *
 * <p>Any thread. For those who have begun to {@linkplain TokenUse use the token}, and only within
 * that.
 */
final class ObjectLocks {
  /** What a request does with objects of the token. */
  enum Purpose {
    /** Uses some that it knows, beside others who do, and perhaps looks for them first. */
    USES,
    /** Changes or destroys some that others may use: it is alone with all of them. */
    CHANGES,
    /**
     * Makes a key on the token, which may take seconds: others use what they know meanwhile, and
     * who looks for objects waits.
     */
    MAKES,
    /** Makes a key that is no object of the token: it is in nobody's way. */
    NOTHING
  }

  private final boolean looksWhileMaking;

  // Taken in this order. The first lets whoever waits for a key to be made do so before he is in
  // the way of those who use objects.
  // All in turn: who changes objects in a loop must not overtake those whom he has just woken.
  private final ReentrantLock making = new ReentrantLock(true);
  private final ReentrantReadWriteLock objects = new ReentrantReadWriteLock(true);
  private final ReentrantReadWriteLock list = new ReentrantReadWriteLock(true);

  /**
   * Nobody does anything yet.
   *
   * @param looksWhileMaking whether the module finds objects while it makes others
   */
  ObjectLocks(boolean looksWhileMaking) {
    this.looksWhileMaking = looksWhileMaking;
  }

  /**
   * Begins to do something with objects of the token.
   *
   * @return ends it, before the use of the token ends
   */
  Runnable begin(Purpose purpose) {
    return switch (purpose) {
      case USES -> locked(objects.readLock());
      case CHANGES -> locked(making, objects.writeLock(), list.writeLock());
      case MAKES ->
          looksWhileMaking
              ? locked(making, objects.readLock())
              : locked(making, objects.readLock(), list.writeLock());
      case NOTHING -> () -> {};
    };
  }

  /** Begins to look for objects, within whatever purpose. The end of it is {@code unlock}. */
  Lock look() {
    Lock looking = list.readLock();
    looking.lock();
    return looking;
  }

  private static Runnable locked(Lock lock) {
    lock.lock();
    return lock::unlock;
  }

  private static Runnable locked(Lock... inOrder) {
    for (Lock lock : inOrder) {
      lock.lock();
    }
    return () -> {
      for (int i = inOrder.length - 1; i >= 0; i--) {
        inOrder[i].unlock();
      }
    };
  }

  /** Whether who begins to use objects now, and looks for them, is not likely to wait. */
  boolean areFree() {
    boolean makes = !looksWhileMaking && making.isLocked(); // or is about to
    return !makes && !isHeldUp(objects) && !isHeldUp(list);
  }

  /** Whether a reader of this lock may have to wait. */
  static boolean isHeldUp(ReentrantReadWriteLock lock) {
    return lock.isWriteLocked() || lock.hasQueuedThreads();
  }
}
