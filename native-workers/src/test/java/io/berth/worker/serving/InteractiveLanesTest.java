// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Status;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.LinkOptions;
import io.berth.worker.testkit.PlayedLink;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** Lanes that are kept for interactive requests. */
class InteractiveLanesTest {
  private static final int GATED = 1;
  private static final int INTERACTIVE = 0;
  private static final int BULK = 2;

  /** A lane says which request it has begun, and ends it when the gate is opened. */
  private record Begun(int lane, int payload) {}

  private final ConcurrentLinkedQueue<Begun> begun = new ConcurrentLinkedQueue<>();
  private final Semaphore gate = new Semaphore(0);

  private ScriptedDriver gated(int lanes) {
    return new ScriptedDriver(lanes)
        .onLane(
            GATED,
            (request, reply, lane) -> {
              begun.add(new Begun(lane, request.payload().getByte(0)));
              gate.acquire();
              reply.ok(new byte[] {(byte) lane});
            });
  }

  private static LinkOptions with(WorkerHarness worker, String interactiveLanes) {
    return LinkOptions.of("scripted", Map.of("interactive_lanes", interactiveLanes))
        .withEpoch(worker.options().epoch());
  }

  private static void ask(PlayedLink link, int priority, int payload) throws Exception {
    link.send(call(GATED, (byte) payload).withPriority(priority));
  }

  private void awaitBegun(Begun... expected) {
    Await.until("the lanes have begun", () -> begun.size() >= expected.length);
    assertEquals(List.of(expected), List.copyOf(begun));
  }

  @Test
  void an_interactive_request_takes_an_ordinary_lane_first_and_then_a_kept_one() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(gated(1))) {
      PlayedLink link = worker.attach(with(worker, "1"));
      assertEquals(1, link.ready().lanes());
      assertEquals(1, link.ready().interactiveLanes());
      ask(link, INTERACTIVE, 1);
      awaitBegun(new Begun(0, 1));
      ask(link, INTERACTIVE, 2);
      awaitBegun(new Begun(0, 1), new Begun(1, 2));
      gate.release(2);
      link.awaitAnswer();
      link.awaitAnswer();
    }
  }

  @Test
  void bulk_work_never_takes_a_kept_lane_and_an_interactive_request_does_not_wait_behind_it()
      throws Exception {
    try (WorkerHarness worker = new WorkerHarness(gated(1))) {
      PlayedLink link = worker.attach(with(worker, "1"));
      ask(link, BULK, 1);
      awaitBegun(new Begun(0, 1));
      ask(link, BULK, 2);
      ask(link, BULK, 3);
      ask(link, INTERACTIVE, 4);
      awaitBegun(new Begun(0, 1), new Begun(1, 4));
      ask(link, INTERACTIVE, 5);
      // Whichever lane is free first: the kept one passes over the bulk work that waits.
      gate.release(5);
      for (int i = 0; i < 5; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
      begun.stream()
          .filter(it -> it.lane() == 1)
          .forEach(it -> assertTrue(it.payload() >= 4, "bulk request " + it + " on the kept lane"));
      assertEquals(5, begun.size());
    }
  }

  @Test
  void an_interactive_request_that_waits_can_be_cancelled() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(gated(1))) {
      PlayedLink link = worker.attach(with(worker, "1"));
      ask(link, INTERACTIVE, 1);
      ask(link, INTERACTIVE, 2);
      Await.until("both lanes are taken", () -> begun.size() == 2);
      long waiting = link.send(call(GATED, (byte) 3).withPriority(INTERACTIVE));
      link.cancel(waiting);
      assertEquals(Status.CANCELLED, link.awaitAnswer().status());
      gate.release(2);
      assertEquals(Status.OK, link.awaitAnswer().status());
      assertEquals(Status.OK, link.awaitAnswer().status());
      assertEquals(2, begun.size());
    }
  }

  @Test
  void a_request_for_a_certain_lane_waits_for_it_though_it_is_interactive() throws Exception {
    ScriptedDriver script = gated(1);
    script.choosing = request -> 0;
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach(with(worker, "1"));
      ask(link, BULK, 1);
      ask(link, INTERACTIVE, 2);
      gate.release(2);
      assertArrayEquals(new byte[] {0}, link.awaitAnswer().payload());
      assertArrayEquals(new byte[] {0}, link.awaitAnswer().payload());
    }
  }

  @Test
  void what_an_interactive_request_left_on_a_kept_lane_is_reached_there() throws Exception {
    ScriptedDriver script = gated(1);
    script.choosing = request -> 1;
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach(with(worker, "1"));
      gate.release(2);
      ask(link, BULK, 1);
      assertArrayEquals(new byte[] {1}, link.awaitAnswer().payload());
      ask(link, INTERACTIVE, 2);
      assertArrayEquals(new byte[] {1}, link.awaitAnswer().payload());
    }
  }

  @Test
  void a_driver_without_lanes_keeps_none() throws Exception {
    ScriptedDriver inline = new ScriptedDriver(0).inline(GATED, ScriptedDriver.ECHO);
    try (WorkerHarness worker = new WorkerHarness(inline)) {
      PlayedLink link = worker.attach(with(worker, "2"));
      assertEquals(0, link.ready().interactiveLanes());
      assertEquals(Status.OK, link.call(call(GATED, (byte) 1)).status());
    }
  }
}
