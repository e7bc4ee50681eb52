// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.session.Session;
import io.berth.broker.session.SessionState;
import io.berth.jni.os.Epoll;
import io.berth.jni.os.Pipes;
import io.berth.shm.status.Reason;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.NanoClock;

/**
 * The sessions that the data thread serves, and how it hears of their requests: it polls those that
 * were active lately, and is rung for by the others.
 *
 * <p>Data thread only.
 */
final class ServedSessions {
  /**
   * So few that the worker has the first of them while the next are taken: whoever lets a client's
   * whole window through at once makes all stages wait for one another, and the machine's
   * processors do little at the same time.
   */
  static final int RECORDS_PER_TURN = 64;

  /** From so many on the worker is told before the other sessions are looked at. */
  private static final int WORTH_TELLING = 32;

  private final HotSet hot;
  private final RequestIntake intake;
  private final Flushes flushes;
  private final Violations violations;
  private final Epoll epoll;
  private final long eventKind;
  private final NanoClock clock;

  /** By the number that the doorbell's event carries; null where one has left. */
  private final List<Session> sessions = new ArrayList<>();

  /** Armed since the last fence, and so to be looked at once more behind the next one. */
  private final List<Session> armedNow = new ArrayList<>();

  /** Whose bells were heard and not emptied since. */
  private final List<Session> heard = new ArrayList<>();

  /**
   * @param eventKind what the doorbells' events carry besides the session's number
   */
  ServedSessions(
      HotSet hot,
      RequestIntake intake,
      Flushes flushes,
      Violations violations,
      Epoll epoll,
      long eventKind,
      NanoClock clock) {
    this.hot = hot;
    this.intake = intake;
    this.flushes = flushes;
    this.violations = violations;
    this.epoll = epoll;
    this.eventKind = eventKind;
    this.clock = clock;
  }

  /** Begins to serve a session. */
  void open(Session session) {
    int index = sessions.indexOf(null);
    if (index < 0) {
      index = sessions.size();
      sessions.add(session);
    } else {
      sessions.set(index, session);
    }
    // The client may have published before this session could be rung for.
    session.sleep().arm();
    lookLater(session);
    int result = epoll.add(session.memory().bellToBroker(), Epoll.EPOLLIN, eventKind | index);
    if (result < 0) {
      violations.session(session, Reason.SESSION_LIMIT, "epoll_ctl " + result);
    }
  }

  /** From here on nothing in here touches the session's memory. */
  void close(Session session) {
    epoll.remove(session.memory().bellToBroker());
    hot.remove(session);
    if (session.armedNow) {
      session.armedNow = false;
      armedNow.remove(session);
    }
    if (session.bellHeard) {
      session.bellHeard = false;
      heard.remove(session);
    }
    sessions.set(sessions.indexOf(session), null);
  }

  /**
   * Notes that a session has been armed. Once, however often it rings before it is looked at: what
   * closes it takes it out once.
   */
  private void lookLater(Session session) {
    if (!session.armedNow) {
      session.armedNow = true;
      armedNow.add(session);
    }
  }

  /** Refuses what sessions ask from now on. */
  void leave() {
    for (Session session : sessions) {
      if (session != null && session.state() == SessionState.OPEN) {
        session.move(SessionState.LEAVING);
      }
    }
  }

  /**
   * Takes what the hot sessions ask, some of each.
   *
   * @return how many records there were
   */
  int drain(long nowNanos) {
    int work = 0;
    for (int i = hot.size() - 1; i >= 0; i--) {
      Session session = hot.get(i);
      int count = intake.drain(session, RECORDS_PER_TURN, nowNanos);
      work += count;
      if (count > 0) {
        session.idlePasses = 0;
        if (count >= WORTH_TELLING) {
          flushes.flushDevices();
        }
      } else if (hot.isSilent(session)) {
        hot.remove(session);
        if (session.bellHeard) {
          emptyBells();
        }
        session.sleep().arm();
        lookLater(session);
      }
    }
    lookAgain();
    return work;
  }

  /**
   * One fence for all sessions armed since the last; who has published meanwhile is hot again. A
   * session for which the hot set has no room and whose turn was too short for all of its records
   * stays in the list: it has rung for them already and will not ring again.
   *
   * @return whether there was any
   */
  boolean lookAgain() {
    if (armedNow.isEmpty()) {
      return false;
    }
    VarHandle.fullFence();
    int unfinished = 0;
    for (int i = 0, end = armedNow.size(); i < end; i++) {
      Session session = armedNow.get(i);
      if (isUnfinished(session)) {
        armedNow.set(unfinished++, session);
      } else {
        session.armedNow = false;
      }
    }
    for (int i = armedNow.size() - 1; i >= unfinished; i--) {
      armedNow.remove(i);
    }
    return true;
  }

  /** Looks at a session that was armed. True: it has more than one turn takes, and no hot place. */
  private boolean isUnfinished(Session session) {
    if (!session.requests().hasNext() || hot.add(session)) {
      return false;
    }
    session.sleep().rearm();
    return intake.drain(session, RECORDS_PER_TURN, clock.nanoTime()) == RECORDS_PER_TURN;
  }

  /** Serves the session whose doorbell rang. */
  void rung(int index) {
    Session session = sessions.get(index);
    if (session == null) {
      return;
    }
    flushes.forewarn(session.lastDevice());
    if (!session.bellHeard) {
      session.bellHeard = true;
      heard.add(session);
    }
    if (!hot.add(session)) {
      // No room among the hot: serve it once and sleep on, in a new sleep with an empty bell.
      emptyBells();
      intake.drain(session, RECORDS_PER_TURN, clock.nanoTime());
      session.sleep().rearm();
      lookLater(session);
    }
  }

  /** Empties the bells that were heard; nobody is armed whose bell that is. */
  void emptyBells() {
    for (int i = heard.size() - 1; i >= 0; i--) {
      Session session = heard.remove(i);
      session.bellHeard = false;
      int bell = session.memory().bellToBroker();
      if (Pipes.drain(bell) < 0) {
        // Level-triggered end-of-file would wake this thread for ever.
        epoll.remove(bell);
        violations.session(session, Reason.CONNECTION_LOST, "doorbell closed");
      }
    }
  }

  /** All of them ring from here on; the caller fences, then asks {@link #mayHaveNews}. */
  void arm() {
    hot.armAll();
  }

  void disarm() {
    hot.disarmAll();
  }

  /** Whether there is something to take before sleeping. */
  boolean mayHaveNews() {
    return !armedNow.isEmpty() || hot.anyHasNext();
  }
}
