// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.RequestException;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.Call;
import io.berth.worker.testkit.PlayedLink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests inline and on lanes, what they carry, and what they name. */
class ExecutionTest {
  private static final int INLINE = 1;
  private static final int LANE = 2;
  private static final int GATED = 3;

  private static ScriptedDriver echo(int lanes) {
    return new ScriptedDriver(lanes)
        .inline(INLINE, ScriptedDriver.ECHO)
        .onLane(LANE, ScriptedDriver.ECHO);
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void answers_carry_what_was_asked_and_repeat_operation_and_trace(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.attach();
      Answer plain = link.call(call(code, (byte) 1, (byte) 2));
      assertEquals(Status.OK, plain.status());
      assertTrue(plain.isEnd());
      assertEquals(ScriptedDriver.number(code), plain.operation());
      assertArrayEquals(new byte[] {1, 2}, plain.payload());
      assertEquals(0, plain.trace().length);
      Answer traced = link.call(call(code).withTrace());
      assertEquals(0, traced.payload().length);
      long[] trace = traced.trace();
      assertEquals(6, trace.length);
      assertTrue(trace[3] > 0 && trace[3] <= trace[4], () -> Arrays.toString(trace));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void payloads_of_all_lengths_come_back_while_the_rings_go_round(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(2))) {
      PlayedLink link = worker.attach();
      Random random = new Random(20240601);
      for (int i = 0; i < 400; i++) {
        byte[] payload = new byte[random.nextInt(link.options().maxInlineBytes() + 1)];
        random.nextBytes(payload);
        assertArrayEquals(payload, link.call(call(code, payload)).payload());
      }
    }
  }

  @Test
  void inline_requests_of_a_batch_are_answered_in_their_order() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.attach();
      List<Long> asked = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        asked.add(link.write(call(INLINE, (byte) i)));
      }
      link.publish();
      for (long correlation : asked) {
        assertEquals(correlation, link.awaitAnswer().correlation());
      }
    }
  }

  @Test
  void lanes_work_at_once_each_on_the_thread_that_opened_it() throws Exception {
    CyclicBarrier all = new CyclicBarrier(3);
    Map<Integer, Set<Thread>> threads = new ConcurrentHashMap<>();
    ScriptedDriver script =
        new ScriptedDriver(3)
            .onLane(
                LANE,
                (request, reply, lane) -> {
                  threads
                      .computeIfAbsent(lane, made -> ConcurrentHashMap.newKeySet())
                      .add(Thread.currentThread());
                  all.await();
                  reply.ok(new byte[] {(byte) lane});
                });
    script.laneOpening =
        number ->
            threads
                .computeIfAbsent(number, made -> ConcurrentHashMap.newKeySet())
                .add(Thread.currentThread());
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 3; i++) {
          link.write(call(LANE));
        }
        link.publish();
        // None of them is answered unless all three are executed at the same time.
        for (int i = 0; i < 3; i++) {
          assertEquals(Status.OK, link.awaitAnswer().status());
        }
      }
      assertEquals(Set.of(0, 1, 2), threads.keySet());
      threads.forEach((lane, used) -> assertEquals(1, used.size(), "threads of lane " + lane));
    }
  }

  @Test
  void requests_of_one_lane_keep_their_order_whatever_the_others_do() throws Exception {
    List<Byte> seen = new ArrayList<>(); // Of lane 1 alone.
    Semaphore others = new Semaphore(0);
    ScriptedDriver script =
        new ScriptedDriver(3)
            .onLane(
                LANE,
                (request, reply, lane) -> {
                  assertEquals(1, lane);
                  seen.add(request.payload().getByte(0));
                  reply.ok(new byte[0]);
                })
            .onLane(
                GATED,
                (request, reply, lane) -> {
                  others.acquire();
                  reply.ok(new byte[0]);
                });
    script.choosing =
        request -> request.operation() == ScriptedDriver.number(LANE) ? 1 : Driver.ANY_LANE;
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      for (int i = 0; i < 100; i++) {
        link.write(call(LANE, (byte) i));
        if (i % 10 == 0) {
          link.write(call(GATED));
        }
      }
      link.publish();
      others.release(10);
      for (int i = 0; i < 110; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
      for (int i = 0; i < 100; i++) {
        assertEquals((byte) i, seen.get(i));
      }
    }
  }

  @Test
  void what_waits_for_one_lane_does_not_overtake_what_came_before_it_for_any() throws Exception {
    Semaphore gate = new Semaphore(0);
    ConcurrentLinkedQueue<Byte> seen = new ConcurrentLinkedQueue<>();
    ScriptedDriver.Act act =
        (request, reply, lane) -> {
          gate.acquire();
          seen.add(request.payload().getByte(0));
          reply.ok(new byte[0]);
        };
    ScriptedDriver script =
        new ScriptedDriver(1)
            .inline(INLINE, ScriptedDriver.ECHO)
            .onLane(LANE, act)
            .onLane(GATED, act);
    script.choosing =
        request -> request.operation() == ScriptedDriver.number(LANE) ? 0 : Driver.ANY_LANE;
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      byte[] kinds = {LANE, GATED, LANE, LANE, GATED, LANE};
      for (int i = 0; i < kinds.length; i++) {
        link.write(call(kinds[i], (byte) i));
      }
      // Answered by the thread that hands out, when it has handed out all before.
      assertEquals(Status.OK, link.call(call(INLINE)).status());
      gate.release(kinds.length);
      for (int i = 0; i < kinds.length; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
      assertEquals(
          List.of((byte) 0, (byte) 1, (byte) 2, (byte) 3, (byte) 4, (byte) 5), List.copyOf(seen));
    }
  }

  @Test
  void what_waits_for_any_lane_is_taken_oldest_first() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    ConcurrentLinkedQueue<Byte> seen = new ConcurrentLinkedQueue<>();
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(
                LANE,
                (request, reply, lane) -> {
                  gate.await();
                  seen.add(request.payload().getByte(0));
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      for (int i = 0; i < 50; i++) {
        link.send(call(LANE, (byte) i));
      }
      gate.countDown();
      for (int i = 0; i < 50; i++) {
        link.awaitAnswer();
        assertEquals((byte) i, seen.poll());
      }
    }
  }

  @Test
  void inline_requests_are_answered_while_all_lanes_are_busy() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    ScriptedDriver script =
        echo(2)
            .onLane(
                GATED,
                (request, reply, lane) -> {
                  gate.await();
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      long first = link.send(call(GATED));
      long second = link.send(call(GATED));
      for (int i = 0; i < 100; i++) {
        assertEquals("now", link.call(call(INLINE, "now".getBytes(UTF_8))).text());
      }
      long beat = link.heartbeatNanos();
      Await.until("it beats", () -> link.heartbeatNanos() != beat);
      gate.countDown();
      assertEquals(Status.OK, link.awaitAnswer(first).status());
      assertEquals(Status.OK, link.awaitAnswer(second).status());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_driver_sees_what_the_frame_says(int code) throws Exception {
    AtomicReference<String> seen = new AtomicReference<>();
    ScriptedDriver.Act act =
        (request, reply, lane) -> {
          ScriptedDriver.Bound target = (ScriptedDriver.Bound) request.target();
          seen.set(
              target.name()
                  + target.settings()
                  + " session "
                  + request.session()
                  + " retried "
                  + request.isRetried()
                  + " limit "
                  + reply.limitBytes()
                  + " "
                  + (request.deadlineNanos() == Long.MAX_VALUE ? "no deadline" : "deadline"));
          reply.ok(new byte[0]);
        };
    ScriptedDriver script = new ScriptedDriver(1).inline(INLINE, act).onLane(LANE, act);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.bind(3, "key-1");
      link.call(call(code));
      assertEquals("{} session 0 retried false limit 8192 no deadline", seen.get());
      link.call(
          call(code)
              .withTarget(3)
              .withSession(77)
              .withRetried()
              .withReplyLimit(100)
              .withDeadline(System.nanoTime() + 3_600_000_000_000L));
      assertEquals("key-1{index=4} session 77 retried true limit 100 deadline", seen.get());
      link.call(call(code));
      assertEquals(
          "{} session 0 retried false limit 8192 no deadline", seen.get(), "nothing of the former");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, call/0",
    "4, call/4",
    "0x10001, sign/1",
    "0xd0009, update/9",
    "0x7fffffff, 0x7fffffff",
    "-0x80000000, 0x80000000",
    "-1, 0xffffffff"
  })
  void an_operation_that_the_driver_does_not_have_is_refused_as_people_write_it(
      String number, String text) throws Exception {
    int operation = Integer.decode(number);
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.attach();
      Answer answer = link.call(Call.of(operation));
      assertEquals(Status.UNIMPLEMENTED, answer.status());
      assertEquals(Reason.UNKNOWN_OPERATION, answer.reason());
      assertTrue(answer.text().endsWith(" has no operation " + text), answer.text());
      assertEquals("on", link.call(call(LANE, "on".getBytes(UTF_8))).text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_target_that_was_not_announced_is_refused(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.attach();
      for (int target : new int[] {1, 15, 16, 1_000_000, -1, Integer.MIN_VALUE}) {
        Answer answer = link.call(call(code).withTarget(target));
        assertEquals(Reason.STALE_HANDLE, answer.reason());
        assertEquals(Status.NOT_FOUND, answer.status());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_name_that_the_driver_refuses_is_the_answer_to_whoever_uses_it(int code) throws Exception {
    ScriptedDriver script = echo(1);
    script.binding =
        (name, settings) -> {
          switch (name) {
            case "unknown" ->
                throw new RequestException(
                    Status.NOT_FOUND, Reason.UNKNOWN_RESOURCE, "there is no key of that name");
            case "bug" -> throw new IllegalStateException("a bug");
            default -> {
              return new ScriptedDriver.Bound(name, settings);
            }
          }
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.bind(1, "unknown");
      link.bind(2, "bug");
      Answer unknown = link.call(call(code).withTarget(1));
      assertEquals(Reason.UNKNOWN_RESOURCE, unknown.reason());
      assertEquals("there is no key of that name", unknown.text());
      Answer bug = link.call(call(code).withTarget(2));
      assertEquals(Status.INTERNAL, bug.status());
      assertEquals(Reason.DRIVER_ERROR, bug.reason());
      assertTrue(bug.text().contains("a bug"), bug.text());
      assertEquals(Status.OK, link.call(call(code)).status(), "the others are served");
    }
  }

  @Test
  void a_later_bind_of_a_number_replaces_the_former() throws Exception {
    ScriptedDriver script =
        new ScriptedDriver(0)
            .inline(
                INLINE,
                (request, reply, lane) ->
                    reply.ok(((ScriptedDriver.Bound) request.target()).name().getBytes(UTF_8)));
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.bind(40, "one");
      assertEquals("one", link.call(call(INLINE).withTarget(40)).text());
      link.bind(40, "two");
      assertEquals("two", link.call(call(INLINE).withTarget(40)).text());
      assertEquals("", link.call(call(INLINE)).text());
      link.close();
      PlayedLink second = worker.attach();
      assertEquals(
          Reason.STALE_HANDLE,
          second.call(call(INLINE).withTarget(40)).reason(),
          "of another link");
    }
  }

  @Test
  void the_end_of_a_session_is_told_to_the_driver() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.sessionClosed(4711);
      link.call(call(INLINE));
      assertTrue(script.events.contains("session 4711 closed"), script.events::toString);
    }
  }

  @Test
  void a_request_is_wiped_when_it_is_answered() throws Exception {
    AtomicReference<DirectBuffer> kept = new AtomicReference<>();
    AtomicReference<byte[]> memory = new AtomicReference<>();
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(
                LANE,
                (request, reply, lane) -> {
                  kept.set(request.payload());
                  memory.set(request.payload().byteArray());
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.call(call(LANE, "a secret of a client".getBytes(UTF_8)));
      Await.until("the exchange is free", () -> kept.get().capacity() == 0);
      assertNotNull(memory.get(), "on a lane the payload is a copy");
      for (byte each : memory.get()) {
        assertEquals(0, each);
      }
    }
  }

  @Test
  void more_requests_than_any_window_has_are_refused_and_the_others_answered() throws Exception {
    int most = LanePool.PRESENT_MAX;
    CountDownLatch gate = new CountDownLatch(1);
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(
                GATED,
                (request, reply, lane) -> {
                  gate.await();
                  reply.ok(new byte[0]);
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach(worker.options().withRings(1 << 20, 1 << 20, 1024));
      for (int i = 0; i < most + 3; i++) {
        link.write(call(GATED));
      }
      link.publish();
      for (int i = 0; i < 3; i++) {
        Answer refused = link.awaitAnswer();
        assertEquals(Status.RESOURCE_EXHAUSTED, refused.status());
        assertEquals(Reason.QUEUE_FULL, refused.reason());
      }
      gate.countDown();
      for (int i = 0; i < most; i++) {
        assertEquals(Status.OK, link.awaitAnswer().status());
      }
    }
  }

  @Test
  void a_second_request_under_a_correlation_in_use_is_refused() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(
                GATED,
                (request, reply, lane) -> {
                  gate.await();
                  reply.ok("first".getBytes(UTF_8));
                });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      long correlation = link.send(call(GATED));
      link.write(call(GATED), correlation);
      link.publish();
      Answer refused = link.awaitAnswer();
      assertEquals(correlation, refused.correlation());
      assertEquals(Reason.DUPLICATE_CORRELATION, refused.reason());
      gate.countDown();
      assertEquals("first", link.awaitAnswer(correlation).text());
      link.call(call(GATED)); // The only lane has it once it has let go of the one before.
      link.write(call(GATED), correlation);
      link.publish();
      assertEquals("first", link.awaitAnswer(correlation).text(), "free again");
    }
  }
}
