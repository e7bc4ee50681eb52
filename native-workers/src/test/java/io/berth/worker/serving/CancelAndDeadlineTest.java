// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.PlayedLink;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CANCEL before, during and after; deadlines before anything reaches the driver. */
class CancelAndDeadlineTest {
  private static final int INLINE = 1;
  private static final int LANE = 2;
  private static final int GATED = 3;
  private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

  private final ConcurrentLinkedQueue<Byte> executed = new ConcurrentLinkedQueue<>();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch gate = new CountDownLatch(1);

  private ScriptedDriver script() {
    ScriptedDriver.Act noted =
        (request, reply, lane) -> {
          executed.add(request.payload().getByte(0));
          reply.ok(request.payload(), 0, 1);
        };
    return new ScriptedDriver(1)
        .inline(INLINE, noted)
        .onLane(LANE, noted)
        .onLane(
            GATED,
            (request, reply, lane) -> {
              entered.countDown();
              gate.await();
              reply.ok(new byte[] {(byte) (request.isCancelled() ? 1 : 0)});
            });
  }

  @Test
  void a_request_that_no_lane_has_begun_is_cancelled_unseen() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      long gated = link.send(call(GATED));
      entered.await();
      long first = link.send(call(LANE, (byte) 1));
      long second = link.send(call(LANE, (byte) 2));
      long third = link.send(call(LANE, (byte) 3));
      link.cancel(second);
      Answer cancelled = link.awaitAnswer();
      assertEquals(second, cancelled.correlation());
      assertEquals(Status.CANCELLED, cancelled.status());
      assertEquals(Reason.CANCELLED, cancelled.reason());
      gate.countDown();
      assertEquals(gated, link.awaitAnswer().correlation());
      assertEquals(first, link.awaitAnswer().correlation());
      assertEquals(third, link.awaitAnswer().correlation());
      assertEquals((byte) 1, executed.poll());
      assertEquals((byte) 3, executed.poll());
    }
  }

  @Test
  void a_driver_can_ask_whether_its_request_was_cancelled_and_may_finish_it() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      long gated = link.send(call(GATED));
      entered.await();
      link.cancel(gated);
      link.call(call(INLINE, (byte) 9)); // Read after the CANCEL.
      gate.countDown();
      Answer end = link.awaitAnswer(gated);
      assertEquals(Status.OK, end.status());
      assertArrayEquals(new byte[] {1}, end.payload());
      Answer next = link.call(call(GATED));
      assertArrayEquals(new byte[] {0}, next.payload(), "the next one is not cancelled");
    }
  }

  @Test
  void a_cancel_for_nothing_is_ignored() throws Exception {
    gate.countDown();
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      link.cancel(0);
      link.cancel(-1);
      long done = link.send(call(LANE, (byte) 1));
      link.awaitAnswer(done);
      link.cancel(done);
      long inline = link.send(call(INLINE, (byte) 2));
      link.awaitAnswer(inline);
      link.cancel(inline);
      long next = link.send(call(LANE, (byte) 3));
      assertEquals(next, link.awaitAnswer().correlation());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void an_expired_request_never_reaches_the_driver(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      for (long deadline : new long[] {1, -1, Long.MIN_VALUE + 1, System.nanoTime()}) {
        Answer answer = link.call(call(code, (byte) 1).withDeadline(deadline));
        // Clocks count modulo 2^64: what is half of that away is not the past.
        if (deadline - System.nanoTime() < 0) {
          assertEquals(Status.DEADLINE_EXCEEDED, answer.status(), "deadline " + deadline);
          assertEquals(Reason.EXPIRED_BEFORE_DISPATCH, answer.reason());
        }
      }
      executed.clear();
      Answer answer = link.call(call(code, (byte) 1).withDeadline(System.nanoTime() - 1));
      assertEquals(Reason.EXPIRED_BEFORE_DISPATCH, answer.reason());
      assertTrue(executed.isEmpty());
      assertEquals(
          Status.OK,
          link.call(call(code, (byte) 1).withDeadline(System.nanoTime() + HOUR_NANOS)).status());
      assertEquals(Status.OK, link.call(call(code, (byte) 1)).status(), "0 is none");
    }
  }

  @Test
  void a_request_that_expires_while_it_waits_for_a_lane_never_reaches_the_driver()
      throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      link.send(call(GATED));
      entered.await();
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(30);
      long waiting = link.send(call(LANE, (byte) 1).withDeadline(deadline));
      link.call(call(INLINE, (byte) 7));
      Await.until("it is late", () -> System.nanoTime() - deadline > 0);
      gate.countDown();
      Answer answer = link.awaitAnswer(waiting);
      assertEquals(Reason.EXPIRED_BEFORE_DISPATCH, answer.reason());
      executed.remove((byte) 7);
      assertTrue(executed.isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {3_600_000_000_000L, -3_600_000_000_000L})
  void deadlines_beats_and_traces_are_on_the_brokers_clock(long ahead) throws Exception {
    AtomicLong left = new AtomicLong();
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(
                LANE,
                (request, reply, lane) -> {
                  left.set(request.deadlineNanos() - System.nanoTime());
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach(worker.options().withClockAhead(ahead));
      long now = System.nanoTime() + ahead;
      Answer answer = link.call(call(LANE).withDeadline(now + HOUR_NANOS).withTrace());
      assertEquals(Status.OK, answer.status());
      assertTrue(left.get() > HOUR_NANOS / 2 && left.get() <= HOUR_NANOS + HOUR_NANOS / 60);
      assertTrue(Math.abs(answer.trace()[3] - now) < HOUR_NANOS / 2, "started");
      assertTrue(Math.abs(link.heartbeatNanos() - now) < HOUR_NANOS / 2, "beat");
      assertEquals(
          Status.DEADLINE_EXCEEDED,
          link.call(call(LANE).withDeadline(now - HOUR_NANOS / 60)).status());
    }
  }
}
