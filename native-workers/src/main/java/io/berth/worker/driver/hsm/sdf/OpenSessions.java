// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The card's sessions that this process believes open. A card that was reset has lost them, says so
 * only to whoever uses one, and may give their numbers to new ones at once: whoever went on with an
 * old number would compute with, or close, what belongs to somebody else. GM/T 0018 has no code for
 * it. So a session is opened while nobody uses the card, and one that bears the new one's number
 * has been lost; any other number is nobody else's, and the card refuses it if it has lost it.
 *
 * <p>Any thread.
 */
final class OpenSessions {
  /** Something that opens or replaces sessions. */
  @FunctionalInterface
  interface Opening<E extends Exception> {
    void run() throws E;
  }

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Set<CardSession> all = ConcurrentHashMap.newKeySet();

  /** Begins to use a session: until the end of it no other is opened. */
  Lock begin() {
    lock.readLock().lock();
    return lock.readLock();
  }

  /** Whether whoever begins need not wait: nobody opens a session, or waits to. */
  boolean areFree() {
    return !lock.isWriteLocked() && !lock.hasQueuedThreads();
  }

  /** Waits until nobody uses the card. Nobody may call it who has begun. */
  <E extends Exception> void alone(Opening<E> opening) throws E {
    lock.writeLock().lock();
    try {
      opening.run();
    } finally {
      lock.writeLock().unlock();
    }
  }

  void add(CardSession session) {
    all.add(session);
  }

  void remove(CardSession session) {
    all.remove(session);
  }

  /** The card has given this number to a new session. Alone. */
  void given(long number) {
    for (CardSession each : all) {
      if (each.handle() == number) {
        each.lostToAnother();
      }
    }
  }
}
