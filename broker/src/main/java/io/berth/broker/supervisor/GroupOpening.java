// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * In which order the cards of a group are opened. Each that comes is told what the keys of one are
 * that serves, so that its driver can compare its own; so while none serves they open one after the
 * other, as far as that costs no long wait. One that nevertheless opened before the first served
 * has to do so again.
 *
 * <p>Control thread only.
 */
final class GroupOpening {
  /** A first card that takes longer to open may hang. */
  static final long PATIENCE_NANOS = 3_000_000_000L;

  /** Runs a task after a while, on the control thread. */
  @FunctionalInterface
  interface Later {
    void schedule(long nanos, Runnable task);
  }

  private final Later later;
  private final Set<Object> serving = new HashSet<>();
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private Map<String, String> keys = Map.of();

  /** For whom nobody waits again until they have served. */
  private final Set<Object> slow = new HashSet<>();

  private Object first;
  private int turns;

  GroupOpening(Later later) {
    this.later = later;
  }

  /** What the keys of a card that serves are; empty while none does. */
  Map<String, String> keys() {
    return keys;
  }

  /** Opens a card, now or a little later. The task has to see whether it still makes sense. */
  void open(Object card, Runnable task) {
    if (!serving.isEmpty() || first == null || first == card) {
      begin(card, task);
      return;
    }
    waiting.add(() -> begin(card, task));
  }

  private void begin(Object card, Runnable task) {
    if (serving.isEmpty() && first == null && !slow.contains(card)) {
      first = card;
      int turn = ++turns;
      later.schedule(
          PATIENCE_NANOS,
          () -> {
            if (first == card && turn == turns) {
              waitNoLonger();
            }
          });
    }
    task.run();
  }

  /** The first has had its time; one that hangs is asked again and again, and holds up nobody. */
  private void waitNoLonger() {
    slow.add(first);
    first = null;
    openAll();
  }

  private void openAll() {
    while (!waiting.isEmpty()) {
      waiting.poll().run();
    }
  }

  /** Whether a card that was told these keys may serve beside those that do. */
  boolean isComparedWith(Map<String, String> told) {
    return serving.isEmpty() || keys.isEmpty() || told == keys;
  }

  /** A card serves. */
  void serves(Object card, Map<String, String> itsKeys) {
    if (serving.isEmpty()) {
      keys = new LinkedHashMap<>(itsKeys);
    }
    serving.add(card);
    slow.remove(card);
    first = null;
    openAll();
  }

  /** It does not serve, or does not come to it. */
  void left(Object card) {
    serving.remove(card);
    if (serving.isEmpty()) {
      keys = Map.of();
    }
    if (first == card) {
      first = null;
      Runnable next = waiting.poll();
      if (next != null) {
        next.run();
      }
    }
  }
}
