// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.session.Session;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Who has been written to in this pass. Publishing at the end of a batch makes one release store
 * per ring and one full fence for all of them, instead of one per message.
 *
 * <p>Data thread only.
 */
final class Flushes {
  private Session[] sessions = new Session[64];
  private int sessionCount;
  private final Seat[] seats;
  private final Seat[] published; // in this pass
  private final GoneListener gone;

  /** Hears of peers whose doorbell is gone. */
  interface GoneListener {
    void sessionGone(Session session);

    void workerGone(Seat seat);
  }

  Flushes(Seat[] seats, GoneListener gone) {
    this.seats = seats;
    this.published = new Seat[seats.length];
    this.gone = gone;
  }

  void add(Session session) {
    if (!session.unflushed) {
      session.unflushed = true;
      if (sessionCount == sessions.length) {
        sessions = Arrays.copyOf(sessions, 2 * sessionCount);
      }
      sessions[sessionCount++] = session;
    }
  }

  /** Drops a session whose memory is about to go; what it was owed goes with it. */
  void forget(Session session) {
    if (session.unflushed) {
      session.unflushed = false;
      int index = 0;
      while (sessions[index] != session) {
        index++;
      }
      sessions[index] = sessions[--sessionCount];
      sessions[sessionCount] = null;
    }
  }

  /**
   * Publishes to workers, and wakes those of them that sleep and nobody else: a worker that is
   * woken for nothing looks around for a while, on a processor that others want.
   */
  void flushDevices() {
    int count = 0;
    for (Seat seat : seats) {
      WorkerLink link = seat.link();
      if (link != null && link.publish()) {
        published[count++] = seat;
      }
    }
    if (count == 0) {
      return;
    }
    VarHandle.fullFence();
    for (int i = 0; i < count; i++) {
      Seat seat = published[i];
      WorkerLink link = seat.link();
      // Null: one that was told of before has taken this one along.
      if (link != null && !link.wake().afterFence()) {
        gone.workerGone(seat);
      }
    }
  }

  /**
   * Wakes the worker that a session will probably ask, before its request has been looked at: being
   * woken takes a sleeping process longer than the broker takes for the request.
   *
   * @param device may be null
   */
  void forewarn(Device device) {
    Seat seat = device == null ? null : device.likelySeat();
    WorkerLink link = seat == null ? null : seat.link();
    if (link != null && !link.isCondemned() && !link.wake().afterFence()) {
      gone.workerGone(seat);
    }
  }

  /** Publishes to clients and wakes those that sleep. */
  void flushSessions() {
    if (sessionCount == 0) {
      return;
    }
    for (int i = 0; i < sessionCount; i++) {
      sessions[i].publish();
    }
    VarHandle.fullFence();
    int count = sessionCount;
    sessionCount = 0;
    for (int i = 0; i < count; i++) {
      Session session = sessions[i];
      sessions[i] = null;
      session.unflushed = false;
      if (!session.wake().afterFence()) {
        gone.sessionGone(session);
      }
    }
  }
}
