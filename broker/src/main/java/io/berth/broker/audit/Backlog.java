// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.journal.TimedEntry;
import java.util.ArrayDeque;

/**
 * Entries that are not stored yet, in their order: those in the ring, and those that are not there
 * yet. An entry leaves when the journal says that it is stored, so that a journal process which
 * dies loses none. One thread.
 */
final class Backlog {
  private final int limit;
  private final ArrayDeque<TimedEntry> waiting = new ArrayDeque<>();
  private final ArrayDeque<TimedEntry> sent = new ArrayDeque<>();

  Backlog(int limit) {
    this.limit = limit;
  }

  boolean isFull() {
    return size() >= limit;
  }

  /** Whether so much waits that the journal seems not to keep up. */
  boolean isLong() {
    return size() >= limit / 2;
  }

  int size() {
    return waiting.size() + sent.size();
  }

  int sent() {
    return sent.size();
  }

  void add(TimedEntry entry) {
    waiting.addLast(entry);
  }

  /** The next that is not in the ring, or null. */
  TimedEntry next() {
    return waiting.peekFirst();
  }

  /** {@link #next} is in the ring now. */
  void nextIsSent() {
    sent.addLast(waiting.removeFirst());
  }

  /** The oldest {@code count} in the ring are stored. */
  void stored(long count) {
    for (long i = 0; i < count; i++) {
      sent.removeFirst();
    }
  }

  /** The ring is gone: what was in it waits again. */
  void ringLost() {
    while (!sent.isEmpty()) {
      waiting.addFirst(sent.removeLast());
    }
  }

  /** The oldest {@code count} are stored, as it turns out; they were in the ring before. */
  void salvaged(long count) {
    for (long i = 0; i < count; i++) {
      waiting.removeFirst();
    }
  }

  int waiting() {
    return waiting.size();
  }
}
