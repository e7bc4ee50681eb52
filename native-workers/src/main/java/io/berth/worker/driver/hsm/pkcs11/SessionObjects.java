// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.ObjectNumbers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What clients' sessions have made on the token and only they reach.
 *
 * <p>An object that is used when it has to go is destroyed by its last user: a module may give its
 * handle to another object at once.
 *
 * <p>Any thread.
 */
final class SessionObjects {
  static final int OBJECTS_PER_SESSION = 4096;

  /** Destroys objects; called by any thread, and must not wait. */
  @FunctionalInterface
  interface Destroyer {
    void destroy(long handle, int epoch);
  }

  /** One object. All but the final fields are guarded by the table. */
  static final class Owned {
    final TokenObject object;
    private final ModuleSession madeIn;
    private int users;
    private boolean doomed;

    private Owned(TokenObject object, ModuleSession madeIn) {
      this.object = object;
      this.madeIn = madeIn;
    }
  }

  private final ObjectNumbers numbers = new ObjectNumbers(0);
  private final Destroyer destroyer;
  private final Map<Long, Map<Long, Owned>> sessions = new HashMap<>();

  /**
   * A table without objects.
   *
   * @param destroyer destroys the object behind a handle
   */
  SessionObjects(Destroyer destroyer) {
    this.destroyer = destroyer;
  }

  /** Whether that session may have {@code more} objects besides those it has. */
  synchronized void needRoom(long session, int more) throws RequestException {
    if (session == 0) {
      throw new RequestException(
          Status.FAILED_PRECONDITION,
          Reason.NONE,
          "a request without session cannot have objects of its own");
    }
    int have = sessions.getOrDefault(session, Map.of()).size();
    if (have + more > OBJECTS_PER_SESSION) {
      throw new RequestException(
          Reason.BUDGET_EXCEEDED.usualStatus(),
          Reason.BUDGET_EXCEEDED,
          "objects of this session: " + have + " >= " + OBJECTS_PER_SESSION);
    }
  }

  /**
   * Enters an object.
   *
   * @param madeIn the module's session, with which it ends
   * @return its number
   */
  synchronized long add(long session, TokenObject object, ModuleSession madeIn) {
    long number = numbers.next();
    sessions
        .computeIfAbsent(session, key -> new HashMap<>())
        .put(
            number,
            new Owned(
                new TokenObject(
                    object.handle(),
                    number,
                    object.objectClass(),
                    object.keyType(),
                    "",
                    object.alwaysAuthenticate()),
                madeIn));
    return number;
  }

  /** Takes an object into use; {@link #release} it. */
  synchronized Owned acquire(long session, long number) throws RequestException {
    Owned owned = sessions.getOrDefault(session, Map.of()).get(number);
    if (owned == null) {
      throw stale(number);
    }
    owned.users++;
    return owned;
  }

  static RequestException stale(long number) {
    return new RequestException(
        Reason.STALE_HANDLE.usualStatus(),
        Reason.STALE_HANDLE,
        String.format(
            "object 0x%016X: this session has none of that number, or it ended with the worker or"
                + " token session that held it",
            number));
  }

  void release(Owned owned) {
    boolean last;
    synchronized (this) {
      last = --owned.users == 0 && owned.doomed;
    }
    if (last) {
      destroyer.destroy(owned.object.handle(), owned.madeIn.epoch());
    }
  }

  /** The session no longer has the object. */
  void remove(long session, long number) throws RequestException {
    Owned owned;
    synchronized (this) {
      Map<Long, Owned> own = sessions.getOrDefault(session, Map.of());
      owned = own.get(number);
      if (owned == null) {
        throw stale(number);
      }
      own.remove(number);
    }
    doom(owned);
  }

  /** Whether that session has none. */
  synchronized boolean hasNone(long session) {
    return sessions.getOrDefault(session, Map.of()).isEmpty();
  }

  /** The session is over. */
  void sessionClosed(long session) {
    Map<Long, Owned> own;
    synchronized (this) {
      own = sessions.remove(session);
    }
    if (own != null) {
      own.values().forEach(this::doom);
    }
  }

  /** All sessions are over. */
  void allSessionsClosed() {
    List<Long> all;
    synchronized (this) {
      all = List.copyOf(sessions.keySet());
    }
    all.forEach(this::sessionClosed);
  }

  private void doom(Owned owned) {
    synchronized (this) {
      owned.doomed = true;
      if (owned.users > 0) {
        return;
      }
    }
    destroyer.destroy(owned.object.handle(), owned.madeIn.epoch());
  }

  /** The module's session ended, and what was made in it is gone. */
  synchronized void endedWith(ModuleSession madeIn) {
    for (Map<Long, Owned> own : sessions.values()) {
      own.values().removeIf(owned -> owned.madeIn.equals(madeIn));
    }
    sessions.values().removeIf(Map::isEmpty);
  }

  /** The token was lost, and everything with it. */
  synchronized void allEnded() {
    sessions.clear();
  }

  /** How many there are, of all sessions. */
  synchronized int count() {
    return sessions.values().stream().mapToInt(Map::size).sum();
  }
}
