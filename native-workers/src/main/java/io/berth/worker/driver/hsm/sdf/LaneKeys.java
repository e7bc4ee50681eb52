// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.ObjectNumbers;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The keys and agreements that a lane's card session holds for clients' sessions. They end with the
 * card session: whoever names one later is told that it is stale, and never gets another.
 *
 * <p>The lane's thread, and whoever has all sessions {@linkplain OpenSessions#alone alone}; but for
 * {@link #sessionClosed}, {@link #allSessionsClosed} and {@link #isUntidy}.
 */
final class LaneKeys {
  static final int KEYS_PER_SESSION = 512;

  /** What a number stands for. */
  enum Kind {
    KEY,
    AGREEMENT
  }

  /**
   * One of them.
   *
   * @param name under which it was made: only through that it can be used
   * @param bits of the key, or of that which will be agreed on
   */
  record Held(Kind kind, String name, long handle, int bits) {}

  private final SessionKeys all;
  private final ObjectNumbers numbers;

  /** By session and number. Its keys are looked at by any thread. */
  private final Map<Long, Map<Long, Held>> sessions = new ConcurrentHashMap<>();

  /** Sessions that are over, and of which something may be in {@link #sessions}. */
  private final Set<Long> closed = ConcurrentHashMap.newKeySet();

  /** Handles that nobody can name any more, to be destroyed on the card. */
  private final ArrayDeque<Long> doomed = new ArrayDeque<>();

  private volatile boolean hasDoomed;

  // What the request at hand has named.
  private long usedSession;
  private long usedNumber;

  LaneKeys(SessionKeys all, ObjectNumbers numbers) {
    this.all = all;
    this.numbers = numbers;
  }

  /** A request begins. */
  void begin() {
    usedNumber = 0;
  }

  /** To be asked before the card makes one: whether the session may hold another. */
  void needRoom(Request request) throws RequestException {
    if (request.session() == 0) {
      throw new RequestException(
          Status.FAILED_PRECONDITION,
          Reason.NONE,
          "a request without session cannot hold keys on the card");
    }
    int have = all.count(request.session());
    if (have >= KEYS_PER_SESSION) {
      throw new RequestException(
          Reason.BUDGET_EXCEEDED.usualStatus(),
          Reason.BUDGET_EXCEEDED,
          "keys held for this session: " + have + " >= " + KEYS_PER_SESSION);
    }
  }

  /** Keeps a handle of the card session; its number. */
  long add(Request request, Kind kind, long handle, int bits) {
    long number = numbers.next();
    String name = ((SdfKey) request.target()).name();
    sessions
        .computeIfAbsent(request.session(), key -> new HashMap<>())
        .put(number, new Held(kind, name, handle, bits));
    all.held(request.session());
    return number;
  }

  /** The one of that number, if the request may use it. */
  Held need(Request request, Kind kind, long number) throws RequestException {
    Held found = find(request.session(), number);
    if (found == null || found.kind != kind) {
      throw stale(number);
    }
    if (!found.name.equals(((SdfKey) request.target()).name())) {
      throw RequestException.invalid(
          "this key was made through '"
              + found.name
              + "' and is used through it alone (the device itself has no name)");
    }
    usedSession = request.session();
    usedNumber = number;
    return found;
  }

  private Held find(long session, long number) {
    return sessions.getOrDefault(session, Map.of()).get(number);
  }

  static RequestException stale(long number) {
    return new RequestException(
        Reason.STALE_HANDLE.usualStatus(),
        Reason.STALE_HANDLE,
        String.format(
            "session key 0x%016X: this session has none of that number, or it ended with the worker"
                + " or card session that held it",
            number));
  }

  /** Whether no lane holds anything for the session. */
  boolean holdsNothing(long session) {
    return all.count(session) == 0;
  }

  /** Whether this handle is one of those that are kept here. */
  boolean has(long handle) {
    for (Map<Long, Held> each : sessions.values()) {
      for (Held held : each.values()) {
        if (held.handle == handle) {
          return true;
        }
      }
    }
    return doomed.contains(handle);
  }

  /** Destroys it. */
  void remove(CardSession session, Request request, long number) throws RequestException {
    if (find(request.session(), number) == null) {
      throw stale(number);
    }
    remove(session, request.session(), number);
  }

  private void remove(CardSession session, long ofSession, long number) {
    Map<Long, Held> own = sessions.get(ofSession);
    long handle = own.remove(number).handle;
    if (own.isEmpty()) {
      sessions.remove(ofSession);
    }
    all.released(ofSession, 1);
    destroy(session, handle);
  }

  /**
   * The card does not know what the request has named: it is gone.
   *
   * @return whether the request has named something
   */
  boolean removeUsed(CardSession session) {
    boolean used = usedNumber != 0 && find(usedSession, usedNumber) != null;
    if (used) {
      remove(session, usedSession, usedNumber);
    }
    return used;
  }

  /** The card session was lost, and all that it held. */
  void lost() {
    sessions.forEach((session, own) -> all.released(session, own.size()));
    sessions.clear();
    doomed.clear();
    hasDoomed = false;
  }

  private static void destroy(CardSession session, long handle) {
    // What it answers changes nothing: the handle is not used again.
    session.library().destroyKey(session.handle(), handle);
  }

  /** The session is over. Any thread. */
  void sessionClosed(long session) {
    if (sessions.containsKey(session)) {
      closed.add(session);
    }
  }

  /** All are. Any thread. */
  void allSessionsClosed() {
    closed.addAll(sessions.keySet());
  }

  /** Whether the card still has something of sessions that are over. Any thread. */
  boolean isUntidy() {
    return !closed.isEmpty() || hasDoomed;
  }

  /** Puts what belonged to them out of everybody's reach, and destroys up to {@code most} of it. */
  void tidy(CardSession session, int most) {
    for (long ended : List.copyOf(closed)) {
      // In this order: once the session counts as seen to, it has nothing here any more.
      Map<Long, Held> own = sessions.remove(ended);
      closed.remove(ended);
      if (own != null) {
        all.released(ended, own.size());
        own.values().forEach(each -> doomed.add(each.handle));
      }
    }
    for (int i = 0; i < most && !doomed.isEmpty(); i++) {
      destroy(session, doomed.poll());
    }
    hasDoomed = !doomed.isEmpty();
  }
}
