// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.StatusCode;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a card holds for this session alone, keys and agreements, of which a session may have only
 * so many. Programs seldom say when they need one no longer; so that what nobody can reach is
 * released before the next one is made. Any thread.
 */
final class HeldKeys {
  private final ReferenceQueue<Lease> unreachable = new ReferenceQueue<>();
  private final Set<Held> held = ConcurrentHashMap.newKeySet();
  private final Set<Held> toBeReleased = ConcurrentHashMap.newKeySet();

  /** Whoever uses the held thing keeps its lease. */
  static final class Lease {
    private Held held;

    /**
     * Releases it now.
     *
     * @throws BerthException if that failed; it is tried again once nobody has this lease
     */
    void end() {
      held.release();
    }

    /** It has ended by itself. */
    void forget() {
      held.keys.held.remove(held);
    }
  }

  private static final class Held extends PhantomReference<Lease> {
    private final HeldKeys keys;
    private final Runnable release;

    Held(HeldKeys keys, Lease lease, Runnable release) {
      super(lease, keys.unreachable);
      this.keys = keys;
      this.release = release;
    }

    void release() {
      try {
        release.run();
      } catch (BerthException e) {
        if (e.status() != StatusCode.NOT_FOUND) {
          throw e;
        }
        // It has ended with its session or worker.
      }
      keys.held.remove(this);
    }
  }

  /**
   * Begins to hold something.
   *
   * @param release how it is released; must not lead to whoever keeps the lease
   */
  Lease hold(Runnable release) {
    Lease lease = new Lease();
    lease.held = new Held(this, lease, release);
    held.add(lease.held);
    return lease;
  }

  /** How many are held. */
  int count() {
    return held.size();
  }

  /** To be called before another one is made. */
  void releaseUnreachable() {
    for (Object each = unreachable.poll(); each != null; each = unreachable.poll()) {
      if (held.contains(each)) {
        toBeReleased.add((Held) each);
      }
    }
    toBeReleased.removeIf(HeldKeys::isReleased);
  }

  private static boolean isReleased(Held each) {
    try {
      each.release();
      return true;
    } catch (BerthException e) {
      // None of the caller's who makes the next one: it is tried again then.
      return false;
    }
  }
}
