// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.session.Session;

/**
 * The sessions that were active lately. They are polled in every pass and stay un-armed over short
 * waits, so that a busy client rings no doorbell; all others are armed, cost nothing, and are heard
 * of by their doorbells alone. Nothing ever scans all sessions.
 *
 * <p>Data thread only.
 */
final class HotSet {
  /**
   * A look at a silent session costs some ten nanoseconds; to be rung by it costs its client and
   * the broker a few microseconds. So a session may be looked at in vain a few hundred times before
   * arming it is the cheaper way, however many there are.
   */
  private static final int EVICT_AFTER_EMPTY_PASSES = 256;

  private final Session[] sessions;
  private int size;

  HotSet(int capacity) {
    sessions = new Session[capacity];
  }

  int size() {
    return size;
  }

  Session get(int index) {
    return sessions[index];
  }

  /** Whether it is, or could be made, a member. */
  boolean add(Session session) {
    if (session.hotIndex >= 0) {
      return true;
    }
    if (size == sessions.length) {
      return false;
    }
    session.sleep().disarm();
    session.idlePasses = 0;
    session.hotIndex = size;
    sessions[size++] = session;
    return true;
  }

  /** Counts an empty pass; true when the session has been silent for long. */
  boolean isSilent(Session session) {
    return ++session.idlePasses > EVICT_AFTER_EMPTY_PASSES;
  }

  /** Removes without arming. */
  void remove(Session session) {
    int index = session.hotIndex;
    if (index < 0) {
      return;
    }
    session.hotIndex = -1;
    Session last = sessions[--size];
    sessions[size] = null;
    if (last != session) {
      sessions[index] = last;
      last.hotIndex = index;
    }
  }

  void armAll() {
    for (int i = 0; i < size; i++) {
      sessions[i].sleep().arm();
    }
  }

  void disarmAll() {
    for (int i = 0; i < size; i++) {
      sessions[i].sleep().disarm();
    }
  }

  boolean anyHasNext() {
    for (int i = 0; i < size; i++) {
      if (sessions[i].requests().hasNext()) {
        return true;
      }
    }
    return false;
  }
}
