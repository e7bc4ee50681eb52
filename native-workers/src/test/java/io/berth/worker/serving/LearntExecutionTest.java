// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.jni.os.OsException;
import io.berth.jni.os.Processors;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.Call;
import io.berth.worker.testkit.LinkOptions;
import io.berth.worker.testkit.PlayedLink;
import io.berth.worker.testkit.PlayedSegment;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Where requests are executed, once it is known what their operations are like. */
class LearntExecutionTest {
  private static final int WHERE = 1;
  private static final int GATED = 2;
  private static final int SPIN = 3;
  private static final int KNOWN = 1000;
  private static final int SETTLING = 100;
  private static final int INTERACTIVE = 0;
  private static final int BULK = 2;

  private static ScriptedDriver where(int lanes) {
    return new ScriptedDriver(lanes)
        .anywhere(WHERE, (request, reply, lane) -> reply.ok(new byte[] {(byte) lane}));
  }

  /** So long that what others do for a request is nothing beside it. */
  private static void computeForLong() throws OsException {
    computeFor(200_000L * Processors.usable());
  }

  private static void computeFor(long nanos) {
    long until = System.nanoTime() + nanos;
    while (System.nanoTime() - until < 0) {
      Thread.onSpinWait();
    }
  }

  private static int lane(PlayedLink link) {
    return link.call(call(WHERE)).payload()[0];
  }

  @Test
  void what_is_over_soon_comes_to_be_executed_in_the_readers_own_session() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(where(2))) {
      PlayedLink link = worker.attach();
      assertTrue(lane(link) < 2, "a lane shows how long it takes");
      Await.until("the reader's session, number 2", () -> lane(link) == 2);
    }
  }

  @Test
  void a_device_without_a_further_session_does_everything_on_its_lanes() throws Exception {
    ScriptedDriver script = where(2);
    script.laneOpening =
        number -> {
          if (number == 2) {
            throw DriverException.transientFailure("two sessions are all there is");
          }
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      Await.until("the attempt", () -> lane(link) < 2 && script.events.contains("open lane 2"));
      for (int i = 0; i < KNOWN; i++) {
        assertTrue(lane(link) < 2);
      }
      assertEquals(1, script.events.stream().filter("open lane 2"::equals).count());
    }
  }

  @Test
  void no_more_is_done_at_once_than_the_device_does() throws Exception {
    Semaphore gate = new Semaphore(0);
    AtomicInteger waiting = new AtomicInteger();
    ScriptedDriver script =
        where(1)
            .onLane(
                GATED,
                (request, reply, lane) -> {
                  waiting.incrementAndGet();
                  gate.acquire();
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      Await.until("the reader's session", () -> lane(link) == 1);
      long gated = link.write(call(GATED));
      link.publish();
      Await.until("the lane is busy", () -> waiting.get() == 1);
      long quick = link.write(call(WHERE));
      link.publish();
      gate.release();
      assertEquals(gated, link.awaitAnswer().correlation(), "the one on the only lane comes first");
      assertEquals(quick, link.awaitAnswer().correlation());
    }
  }

  @Test
  void while_the_readers_session_would_have_to_wait_a_lane_gets_what_is_quick() throws Exception {
    ScriptedDriver script = where(2);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      Await.until("the reader's session", () -> lane(link) == 2);
      script.ready = false;
      for (int i = 0; i < KNOWN; i++) {
        assertTrue(lane(link) < 2);
      }
      script.ready = true;
      Await.until("the reader's session again", () -> lane(link) == 2);
    }
  }

  @Test
  void a_request_that_names_a_lane_goes_there_however_quick_it_is() throws Exception {
    ScriptedDriver script = where(2);
    AtomicInteger chosen = new AtomicInteger(-1);
    script.choosing = request -> chosen.get();
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      Await.until("the reader's session", () -> lane(link) == 2);
      chosen.set(1);
      for (int i = 0; i < KNOWN; i++) {
        assertEquals(1, lane(link));
      }
    }
  }

  @Test
  void no_more_lanes_compute_at_once_than_there_are_processors() throws Exception {
    int processors = Processors.usable();
    int asked = processors + 2;
    AtomicInteger running = new AtomicInteger();
    Switch released = new Switch();
    ScriptedDriver script =
        new ScriptedDriver(asked + 1)
            .onLane(
                SPIN,
                (request, reply, lane) -> {
                  running.incrementAndGet();
                  computeForLong();
                  while (!released.on) {
                    Thread.onSpinWait();
                  }
                  running.decrementAndGet();
                  reply.ok(new byte[0]);
                })
            .onLane(GATED, ScriptedDriver.ECHO);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      released.on = true;
      for (int i = 0; i < SETTLING; i++) {
        assertEquals(Status.OK, link.call(call(SPIN)).status());
      }
      released.on = false;
      for (int i = 0; i < asked; i++) {
        link.write(call(SPIN));
      }
      // Behind them in the ring, and none that computes as far as is known: a lane has it at once.
      long other = link.write(call(GATED));
      link.publish();
      assertEquals(other, link.awaitAnswer().correlation());
      Await.until(
          "all processors are busy", () -> running.get() == processors, () -> running + " run");
      released.on = true;
      for (int i = 0; i < asked; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
    }
  }

  @Test
  void an_interactive_request_does_not_wait_for_others_that_keep_all_processors_busy()
      throws Exception {
    int processors = Processors.usable();
    Spinning spinning = new Spinning();
    ScriptedDriver script = new ScriptedDriver(processors + 1).onLane(SPIN, spinning);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      spinning.learn(link);
      for (int i = 0; i < processors; i++) {
        link.write(call(SPIN).withPriority(BULK));
      }
      link.publish();
      spinning.awaitRunning(processors);
      link.write(call(SPIN).withPriority(INTERACTIVE));
      link.publish();
      spinning.awaitRunning(processors + 1);
      spinning.released = true;
      for (int i = 0; i <= processors; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
    }
  }

  @Test
  void what_waited_for_a_processor_is_executed_though_a_kept_lane_was_the_last_to_compute()
      throws Exception {
    int processors = Processors.usable();
    assumeTrue(processors <= OpenDriver.INTERACTIVE_LANES_MAX, "as many lanes can be kept");
    Spinning spinning = new Spinning();
    Semaphore gate = new Semaphore(0);
    AtomicInteger gated = new AtomicInteger();
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(SPIN, spinning)
            .onLane(
                GATED,
                (request, reply, lane) -> {
                  gated.incrementAndGet();
                  gate.acquire();
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      String kept = Integer.toString(processors);
      PlayedLink link =
          worker.attach(
              LinkOptions.of("scripted", Map.of("interactive_lanes", kept))
                  .withEpoch(worker.options().epoch()));
      spinning.learn(link);
      long other = link.write(call(GATED).withPriority(BULK));
      link.publish();
      Await.until("the ordinary lane is busy", () -> gated.get() == 1);
      for (int i = 0; i < processors; i++) {
        link.write(call(SPIN).withPriority(INTERACTIVE));
      }
      link.publish();
      spinning.awaitRunning(processors);
      link.write(call(SPIN).withPriority(BULK));
      link.publish();
      gate.release();
      assertEquals(other, link.awaitAnswer().correlation());
      spinning.released = true;
      for (int i = 0; i <= processors; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
    }
  }

  @Test
  void what_is_short_is_executed_where_it_was_read_as_long_as_it_is_alone() throws Exception {
    Working working = new Working();
    try (WorkerHarness worker = new WorkerHarness(new ScriptedDriver(2).anywhere(WHERE, working))) {
      PlayedLink link = worker.attach();
      assertTrue(lane(link) < 2, "a lane shows how long it takes");
      Await.until("the reader's session, number 2", () -> lane(link) == 2);
      working.heldUpIn = 2;
      long first = link.send(call(WHERE));
      Await.until("held up, or answered", () -> working.isHeldUp || link.hasAnswer());
      while (!working.isHeldUp) {
        link.awaitAnswer(first); // A lane had it, as it took long before.
        first = link.send(call(WHERE));
        Await.until("held up, or answered", () -> working.isHeldUp || link.hasAnswer());
      }
      long second = link.send(call(WHERE));
      working.heldUpIn = -1;
      working.goOn.release();
      assertEquals(first, link.awaitAnswer().correlation());
      assertEquals(second, link.awaitAnswer().correlation());
      for (int i = 1; i < Company.REMEMBERED_REQUESTS; i++) {
        assertTrue(lane(link) < 2, "others may come again");
      }
      Await.until("the reader's session again", () -> lane(link) == 2);
    }
  }

  @Test
  void what_brings_much_data_goes_to_a_lane_however_short_its_kind_is() throws Exception {
    try (WorkerHarness worker =
        new WorkerHarness(new ScriptedDriver(2).anywhere(WHERE, new Working()))) {
      PlayedLink link = worker.attach();
      int most = 1 << 16;
      long session = 0x1_0000_0001L;
      PlayedSegment input = link.map(session, 1, 7, false, 2L * most);
      Call little = call(WHERE).withSession(session).withInput(input.block(0, most));
      Call much = call(WHERE).withSession(session).withInput(input.block(0, most + 1));
      Await.until("the reader's session", () -> link.call(little).payload()[0] == 2);
      for (int i = 0; i < KNOWN; i++) {
        assertTrue(link.call(much).payload()[0] < 2);
      }
      input.close();
    }
  }

  /** Computes so long that two processors do more of it than one; tells which lane it was on. */
  private static final class Working implements ScriptedDriver.Act {
    private static final long NANOS = 20 * OperationProfile.QUICK_NANOS;

    private final Semaphore goOn = new Semaphore(0);
    private volatile int heldUpIn = -1;
    private volatile boolean isHeldUp;

    @Override
    public void on(Request request, Reply reply, int lane) throws Exception {
      computeFor(NANOS);
      if (lane == heldUpIn) {
        isHeldUp = true;
        goOn.acquire();
      }
      reply.ok(new byte[] {(byte) lane});
    }
  }

  /** Computes until it is released. */
  private static final class Spinning implements ScriptedDriver.Act {
    private final AtomicInteger running = new AtomicInteger();
    private volatile boolean released;

    @Override
    public void on(Request request, Reply reply, int lane) throws Exception {
      running.incrementAndGet();
      computeForLong();
      while (!released) {
        Thread.onSpinWait();
      }
      running.decrementAndGet();
      reply.ok(new byte[0]);
    }

    /** Shows that it computes. */
    void learn(PlayedLink link) {
      released = true;
      for (int i = 0; i < SETTLING; i++) {
        assertEquals(Status.OK, link.call(call(SPIN)).status());
      }
      released = false;
    }

    void awaitRunning(int count) {
      Await.until(count + " at once", () -> running.get() == count, () -> running + " run");
    }
  }

  private static final class Switch {
    private volatile boolean on;
  }
}
