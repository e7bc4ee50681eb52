// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.worker.testkit.PlayedLink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What sessions that ended have left on lanes that execute nothing. */
class TidyLanesTest {
  private static final int LANE = 1;
  private static final int INLINE = 2;
  private static final int LEFT = 3;

  private final List<String> done = new CopyOnWriteArrayList<>();
  private final CountDownLatch tidied = new CountDownLatch(LEFT);
  private final ScriptedDriver script =
      new ScriptedDriver(1)
          .onLane(
              LANE,
              (request, reply, lane) -> {
                done.add("request");
                reply.ok(new byte[0]);
              })
          .inline(INLINE, ScriptedDriver.ECHO);

  private void tidy() {
    done.add("tidied by " + Thread.currentThread().getName());
    script.untidy.decrementAndGet();
    tidied.countDown();
  }

  private void awaitTidied() throws InterruptedException {
    assertTrue(tidied.await(30, TimeUnit.SECONDS), () -> "only " + done);
  }

  @Test
  void the_sleeping_lane_itself_lets_go_of_it_when_the_session_ends() throws Exception {
    script.tidying = this::tidy;
    script.sessionEnding = session -> script.untidy.set(LEFT);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      worker.attach().sessionClosed(4711);
      awaitTidied();
    }
    assertEquals(List.of("tidied by " + WorkerHarness.NAME + "/lane-0"), distinct());
    assertEquals(LEFT, done.size(), "nobody is asked once it is tidy");
  }

  private List<String> distinct() {
    return done.stream().distinct().toList();
  }

  @Test
  void so_it_does_when_all_sessions_end_with_their_broker() throws Exception {
    script.tidying = this::tidy;
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.call(call(LANE));
      script.untidy.set(LEFT);
      link.close();
      awaitTidied();
    }
  }

  @Test
  void a_request_that_comes_meanwhile_waits_for_no_more_than_one_step() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    script.sessionEnding = session -> script.untidy.set(LEFT);
    script.tidying =
        () -> {
          begun.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          tidy();
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.sessionClosed(4711);
      assertTrue(begun.await(30, TimeUnit.SECONDS));
      link.send(call(LANE));
      link.call(call(INLINE)); // Read after the other one, which has been handed to the lane then.
      goOn.countDown();
      awaitTidied();
    }
    assertEquals(1, done.indexOf("request"), done::toString);
  }

  @Test
  void a_driver_that_fails_in_it_keeps_its_lane() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    script.sessionEnding = session -> script.untidy.set(LEFT);
    script.tidying =
        () -> {
          failed.countDown();
          throw new IllegalStateException("no");
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.sessionClosed(4711);
      assertTrue(failed.await(30, TimeUnit.SECONDS));
      link.call(call(LANE));
      assertEquals(List.of("request"), done);
    }
  }
}
