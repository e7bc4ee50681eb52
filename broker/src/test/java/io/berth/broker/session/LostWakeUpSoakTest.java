// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static org.junit.jupiter.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.broker.session.WakeUpPeer.Outcome;
import io.berth.jni.os.Descriptors;
import io.berth.shm.region.RegionDescriptor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Millions of messages between two sides that sleep whenever they can, over the real rings, sleep
 * words and doorbells: none is lost, and none waits for the safety time-out. {@code
 * -Dberth.soak.messages=N} for another number than 10 million.
 */
@Tag("same-on-every-java")
class LostWakeUpSoakTest {
  private static final long MESSAGES = Long.getLong("berth.soak.messages", 10_000_000);

  /** No machine stands still for so long between a publication and its ring. */
  private static final int SAFETY_MILLIS = 30_000;

  private SessionMemory memory;
  private int[] clientsEnds;

  @BeforeEach
  void set_up() throws Exception {
    memory = SessionMemory.create("soak", RegionDescriptor.KIND_CLIENT, 1 << 16, 1 << 16, 1, 1);
    clientsEnds = memory.peerDescriptors();
    Descriptors.close(clientsEnds[1]);
  }

  @AfterEach
  void tear_down() {
    memory.close();
  }

  private Outcome[] run(long messages, boolean fenced, int safetyMillis, long mayLose)
      throws Exception {
    try (WakeUpPeer client =
            new WakeUpPeer(
                memory.client(),
                memory.broker(),
                clientsEnds[2],
                clientsEnds[3],
                fenced,
                safetyMillis);
        WakeUpPeer broker =
            new WakeUpPeer(
                memory.broker(),
                memory.client(),
                memory.bellToClient(),
                memory.bellToBroker(),
                fenced,
                safetyMillis)) {
      CompletableFuture<Outcome> received = CompletableFuture.supplyAsync(broker::receive);
      Outcome sent = client.send(messages, 42, mayLose);
      return new Outcome[] {sent, received.get(2, TimeUnit.MINUTES)};
    }
  }

  @Test
  void no_wake_up_is_lost_between_two_threads_that_sleep() throws Exception {
    Outcome[] outcomes = run(MESSAGES, true, SAFETY_MILLIS, 0);
    assertEquals(outcomes[0].messages(), outcomes[1].messages());
    assertTrue(outcomes[0].messages() >= MESSAGES);
    for (Outcome outcome : outcomes) {
      assertEquals(0, outcome.lostWakeUps(), outcome::toString);
      assertTrue(outcome.sleeps() > MESSAGES / 1_000, outcome::toString);
    }
  }

  /**
   * Without the fences each side may read the other's old word while its own store still waits in
   * the store buffer (StoreLoad is the one reordering that x86 allows too), and the sleeper sleeps
   * with a message before it. That this is seen shows that the test above can fail. It takes two
   * processors at the same place within some nanoseconds, so a machine that does not show it proves
   * nothing, and skips.
   */
  @Test
  void without_the_fences_wake_ups_are_lost() throws Exception {
    Outcome[] outcomes = run(MESSAGES, false, 50, 0);
    assumeTrue(
        outcomes[0].lostWakeUps() + outcomes[1].lostWakeUps() > 0,
        "this machine lost none in " + outcomes[0].messages() + " messages");
  }
}
