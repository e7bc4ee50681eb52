// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.shm.frame.FrameDescriptor.COMPUTED_OUTSIDE;
import static io.berth.shm.frame.FrameDescriptor.HOLDS_NOTHING;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.PlayedLink;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the broker is told of a driver beside its answers, and what a driver is told at length. */
class DriverReportsTest {
  @Test
  void settings_that_have_no_room_in_the_welcome_are_asked_for() throws Exception {
    ScriptedDriver script = new ScriptedDriver(1).onLane(1, ScriptedDriver.ECHO);
    AtomicReference<Map<String, String>> settings = new AtomicReference<>();
    script.opening = context -> settings.set(context.allSettings());
    try (WorkerHarness worker = new WorkerHarness(script)) {
      worker.attach(
          worker
              .options()
              .withFurther(
                  List.of(Map.of("target.key-2.index", "5"), Map.of("target.key-3.index", "6"))));
      assertEquals(
          Map.of(
              "colour",
              "red",
              "target.key-1.index",
              "4",
              "target.key-2.index",
              "5",
              "target.key-3.index",
              "6"),
          settings.get());
    }
  }

  @Test
  void ready_names_what_keeps_state_what_counts_and_what_computes_outside_the_device()
      throws Exception {
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(1, ScriptedDriver.ECHO)
            .keeping(2, ScriptedDriver.ECHO)
            .keeping(3, ScriptedDriver.ECHO)
            .inOnePlace(4, ScriptedDriver.ECHO);
    script.software = "software 1.0";
    try (WorkerHarness worker = new WorkerHarness(script)) {
      WorkerReady ready = worker.attach().ready();
      assertEquals("software 1.0", ready.software());
      assertEquals(List.of(ScriptedDriver.number(2), ScriptedDriver.number(3)), ready.stateful());
      assertEquals(List.of(ScriptedDriver.number(4)), ready.inOnePlace());
    }
  }

  @Test
  void any_number_of_keys_is_told_before() throws Exception {
    ScriptedDriver script = new ScriptedDriver(1).onLane(1, ScriptedDriver.ECHO);
    Map<String, String> keys = new LinkedHashMap<>();
    for (int i = 0; i < 5_000; i++) {
      keys.put("target.key-" + i + ".group_signing_key", "0123456789abcdef".repeat(4));
    }
    script.groupKeys = keys;
    try (WorkerHarness worker = new WorkerHarness(script)) {
      assertEquals(keys, worker.attach().keys());
    }
  }

  @Test
  void an_answer_says_whether_a_part_was_computed_outside_and_nothing_is_held() throws Exception {
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(1, ScriptedDriver.ECHO)
            .onLane(
                2,
                (request, reply, lane) -> {
                  reply.computedOutside();
                  ScriptedDriver.ECHO.on(request, reply, lane);
                })
            .onLane(
                3,
                (request, reply, lane) -> {
                  reply.computedOutside();
                  reply.fail(Status.INTERNAL, Reason.DRIVER_ERROR, 0, "and then failed");
                })
            .onLane(
                4,
                (request, reply, lane) -> {
                  reply.computedOutside();
                  reply.holdsNothing();
                  ScriptedDriver.ECHO.on(request, reply, lane);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      assertEquals(COMPUTED_OUTSIDE, answer(link, 2).deviceCode());
      assertEquals(0, answer(link, 1).deviceCode(), "the next one is another answer");
      assertEquals(0, answer(link, 3).deviceCode());
      assertEquals(COMPUTED_OUTSIDE | HOLDS_NOTHING, answer(link, 4).deviceCode());
    }
  }

  private static Answer answer(PlayedLink link, int code) throws Exception {
    return link.call(WorkerHarness.call(code, (byte) 1));
  }

  @Test
  void a_worker_whose_device_is_gone_says_so_and_ends() throws Exception {
    ScriptedDriver script = new ScriptedDriver(1).onLane(1, ScriptedDriver.ECHO);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      answer(link, 1);
      script.loss = "the card is gone";
      WorkerFailed failed = assertInstanceOf(WorkerFailed.class, link.connection().await());
      assertFalse(failed.permanent(), "it may come back");
      assertTrue(failed.text().endsWith(": the card is gone"), failed.text());
      DriverException end = assertInstanceOf(DriverException.class, worker.awaitEnd());
      assertFalse(end.isPermanent());
      assertEquals("close", script.events.get(script.events.size() - 1));
    }
  }
}
