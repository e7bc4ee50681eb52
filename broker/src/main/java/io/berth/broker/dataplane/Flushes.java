// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Device;
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
  private final Device[] devices;
  private final GoneListener gone;

  /** Hears of peers whose doorbell is gone. */
  interface GoneListener {
    void sessionGone(Session session);

    void workerGone(Device device);
  }

  Flushes(Device[] devices, GoneListener gone) {
    this.devices = devices;
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

  /** Publishes to workers and wakes those that sleep. */
  void flushDevices() {
    boolean any = false;
    for (Device device : devices) {
      WorkerLink link = device.link();
      any |= link != null && link.publish();
    }
    if (!any) {
      return;
    }
    VarHandle.fullFence();
    for (Device device : devices) {
      WorkerLink link = device.link();
      if (link != null && !link.wake().afterFence()) {
        gone.workerGone(device);
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
    WorkerLink link = device == null ? null : device.link();
    if (link != null && !link.isCondemned() && !link.wake().afterFence()) {
      gone.workerGone(device);
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
