// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static org.junit.jupiter.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * The moment on which waking hangs, over and over: one side arms its sleep and looks once more,
 * while the other publishes and looks at the sleep word. With both fences at least one of them sees
 * the other. Without, both stores may still wait in their store buffers while both loads are served
 * (StoreLoad, the one reordering that x86 does, too), and a wake-up is lost.
 */
class FenceTest {
  private static final int ROUNDS = 200_000;
  private static final int DELAYS = 256;

  private final RingPair pair = new RingPair(4096);
  private final RingWriter writer = pair.writer();
  private final RingReader reader = pair.reader(4096);
  private final Sleep sleep = new Sleep(pair.consumer);
  private boolean rung;
  private final Wake wake =
      new Wake(
          pair.consumer,
          () -> {
            rung = true;
            return 1;
          });
  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private volatile int sink;

  /** How often neither side saw the other. */
  private int lost(boolean fenced) throws InterruptedException {
    Thread producer = new Thread(() -> produce(fenced));
    producer.start();
    int lost = 0;
    for (long round = 1; round <= ROUNDS; round++) {
      rung = false;
      begun.set(round);
      delay((int) (round % DELAYS));
      sleep.arm();
      if (fenced) {
        VarHandle.fullFence();
      }
      boolean seen = reader.hasNext();
      await(done, round);
      lost += seen || rung ? 0 : 1;
      assertEquals(8, reader.next());
      reader.release();
      sleep.disarm();
    }
    producer.join();
    return lost;
  }

  private void produce(boolean fenced) {
    for (long round = 1; round <= ROUNDS; round++) {
      writer.claim(8, 1);
      await(begun, round);
      writer.publish();
      if (fenced) {
        wake.afterPublication();
      } else {
        wake.afterFence();
      }
      done.set(round);
    }
  }

  private void delay(int steps) {
    int value = 1;
    for (int i = 0; i < steps; i++) {
      value = value * 31 + i;
    }
    sink = value;
  }

  @SuppressWarnings("ThreadPriorityCheck") // On one processor the other side must get it.
  private static void await(AtomicLong word, long round) {
    int spins = 0;
    while (word.get() < round) {
      if (++spins % 1024 == 0) {
        Thread.yield();
      }
    }
  }

  @Test
  void with_both_fences_one_side_always_sees_the_other() throws InterruptedException {
    assertEquals(0, lost(true));
    assertNotEquals(0, sink);
  }

  /**
   * Shows that the test above can fail, on a machine with two idle processors: each side's store
   * must still be in its store buffer when the other side loads, which is a window of nanoseconds.
   * Two busy virtual processors show it in some runs of 200 000 rounds and not in others. A run
   * that does not show it proves nothing, and skips.
   */
  @Test
  void without_the_fences_wake_ups_are_lost() throws InterruptedException {
    int lost = lost(false);
    assumeTrue(lost > 0, "this machine lost none of " + ROUNDS);
  }
}
