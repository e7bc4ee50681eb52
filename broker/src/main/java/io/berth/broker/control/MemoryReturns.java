// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.OutstandingMemory;
import java.util.ArrayDeque;

/**
 * Memory of sessions that have ended, which counts until nobody holds it any more. The kernel
 * charges pages to the process that allocated them, which was this one, as long as anybody has them
 * mapped: a budget that forgot them at the session's end could be spent again and again.
 *
 * <p>Mostly nobody does: a process that ends holds nothing, and a library unmaps before it hangs
 * up.
 *
 * <p>Control thread only.
 */
final class MemoryReturns implements AutoCloseable {
  private static final long LOOK_NANOS = 50_000_000L;

  /** A look takes some 5 us; a turn of the loop must not take long because many are waiting. */
  static final int LOOKS_PER_TURN = 256;

  private record Awaited(OutstandingMemory memory, Runnable returned) {}

  private final ControlLoop loop;
  private final ArrayDeque<Awaited> waiting = new ArrayDeque<>();
  private boolean scheduled;
  private boolean closed;

  MemoryReturns(ControlLoop loop) {
    this.loop = loop;
  }

  /** Closes the memory, and runs {@code returned}, once nobody holds it: now or later. */
  void await(OutstandingMemory memory, Runnable returned) {
    Awaited awaited = new Awaited(memory, returned);
    if (closed) {
      memory.close();
    } else if (!settle(awaited)) {
      waiting.add(awaited);
      schedule();
    }
  }

  private void schedule() {
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      loop.schedule(LOOK_NANOS, this::look);
    }
  }

  /** Looks at those who have waited longest since the last look at them. */
  void look() {
    scheduled = false;
    for (int looks = Math.min(waiting.size(), LOOKS_PER_TURN); looks > 0; looks--) {
      Awaited next = waiting.poll();
      if (!settle(next)) {
        waiting.add(next);
      }
    }
    schedule();
  }

  private static boolean settle(Awaited awaited) {
    if (awaited.memory().isHeld()) {
      return false;
    }
    awaited.memory().close();
    awaited.returned().run();
    return true;
  }

  /** The broker ends, and its memory counts no more. */
  @Override
  public void close() {
    closed = true;
    waiting.forEach(awaited -> awaited.memory().close());
    waiting.clear();
  }
}
