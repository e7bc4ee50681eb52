// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.shm.frame.FrameDescriptor.*;
import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.control.ControlMessage.GoAway;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.PartSource;
import io.berth.worker.driver.Request;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.PlayedConnection;
import io.berth.worker.testkit.PlayedLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** GOAWAY, STOP, a broker that dies, a ring that is full, and one that is garbled. */
class LinkEndTest {
  private static final int INLINE = 1;
  private static final int LANE = 2;
  private static final int GATED = 3;

  private final ConcurrentLinkedQueue<Byte> executed = new ConcurrentLinkedQueue<>();
  private final Semaphore entered = new Semaphore(0);
  private final CountDownLatch gate = new CountDownLatch(1);
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private volatile Request onDevice;

  private ScriptedDriver script(int lanes) {
    ScriptedDriver.Act noted =
        (request, reply, lane) -> {
          executed.add(request.payload().capacity() == 0 ? 0 : request.payload().getByte(0));
          reply.ok(request.payload(), 0, request.payload().capacity());
        };
    return new ScriptedDriver(lanes)
        .inline(INLINE, noted)
        .onLane(LANE, noted)
        .onLane(
            GATED,
            (request, reply, lane) -> {
              onDevice = request;
              entered.release();
              gate.await();
              cancelled.set(request.isCancelled());
              reply.ok(new byte[0]);
            });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void going_away_finishes_what_is_there_refuses_the_rest_and_attaches_anew(boolean overTheRing)
      throws Exception {
    ScriptedDriver script = script(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      long running = link.send(call(GATED));
      entered.acquire();
      long queued = link.send(call(LANE, (byte) 1));
      link.call(call(INLINE, (byte) 2));
      executed.clear();
      if (overTheRing) {
        link.goAway();
      } else {
        link.connection().send(new GoAway(Reason.GOING_AWAY, "reload"));
        // A socket and a ring have no order between them: ask until it has been read.
        Await.until(
            "GOAWAY is read",
            () -> link.call(call(INLINE, (byte) 0)).reason() == Reason.GOING_AWAY);
        executed.removeIf(value -> value == 0);
      }
      for (int code : new int[] {INLINE, LANE}) {
        Answer late = link.call(call(code, (byte) 3));
        assertEquals(Status.UNAVAILABLE, late.status());
        assertEquals(Reason.GOING_AWAY, late.reason());
      }
      gate.countDown();
      assertEquals(Status.OK, link.awaitAnswer(running).status());
      assertEquals(Status.OK, link.awaitAnswer(queued).status());
      link.connection().awaitEnd();
      assertEquals(List.of((byte) 1), List.copyOf(executed), "nothing that came late");
      PlayedConnection next = worker.accept();
      assertTrue(next.hello().deviceOpen());
      PlayedLink second = worker.welcome(next, worker.options());
      second.awaitReady();
      second.bind(0, "");
      assertEquals(Status.OK, second.call(call(LANE, (byte) 4)).status());
      assertEquals(1, script.events.stream().filter("open"::equals).count());
    }
  }

  @Test
  void an_expelled_worker_attaches_anew() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(1))) {
      PlayedLink link = worker.attach();
      link.connection().send(new Expelled(Reason.NONE, "answers nobody asked for"));
      link.connection().awaitEnd();
      assertEquals(Status.OK, worker.attach().call(call(LANE, (byte) 1)).status());
    }
  }

  @Test
  void what_a_dead_broker_asked_is_finished_or_forgotten_and_answered_to_nobody() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(1))) {
      PlayedLink link = worker.attach();
      link.send(call(GATED));
      entered.acquire();
      link.send(call(LANE, (byte) 1));
      link.send(call(LANE, (byte) 2));
      link.call(call(INLINE, (byte) 3));
      executed.clear();
      link.close();
      Await.until("it is seen that the broker is gone", () -> onDevice.isCancelled());
      assertFalse(
          Await.within(Duration.ofMillis(50), worker.broker::hasVisitor),
          "attached while a request of the former broker is on the device");
      gate.countDown();
      PlayedLink second = worker.attach();
      assertTrue(cancelled.get(), "who still works for a dead broker can see it");
      assertEquals(List.of(), List.copyOf(executed), "queued requests are forgotten");
      long own = second.send(call(LANE, (byte) 4));
      assertEquals(own, second.awaitAnswer().correlation(), "an answer of the former epoch");
    }
  }

  @Test
  void a_paused_stream_ends_with_its_broker() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    ScriptedDriver script =
        new ScriptedDriver(1)
            .onLane(
                LANE,
                (request, reply, lane) ->
                    reply.stream(
                        new PartSource() {
                          @Override
                          public boolean hasNext() {
                            return true;
                          }

                          @Override
                          public void next(Sink sink) {
                            sink.part(request.payload(), 0, 0);
                          }

                          @Override
                          public void close() {
                            closed.set(true);
                          }
                        }));
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.call(call(LANE).withStream(1));
      link.close();
      worker.attach();
      assertTrue(closed.get());
    }
  }

  @Test
  void a_stop_finishes_what_is_there_and_closes_lanes_and_device() throws Exception {
    ScriptedDriver script = script(2);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      long running = link.send(call(GATED));
      entered.acquire();
      worker.wakeups.requestStop();
      Await.until("the worker has seen it", link::isWorkerAsleep);
      assertTrue(worker.isAlive(), "a request is on the device");
      gate.countDown();
      assertEquals(Status.OK, link.awaitAnswer(running).status());
      assertNull(worker.awaitEnd());
      assertEquals("close", script.events.get(script.events.size() - 1));
      assertTrue(script.events.containsAll(List.of("close lane 0", "close lane 1")));
      link.connection().awaitEnd();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_full_answer_ring_holds_the_worker_up_and_loses_nothing(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(2))) {
      PlayedLink link = worker.attach(worker.options().withRings(1 << 17, 1 << 14, 1024));
      List<Long> asked = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        byte[] payload = new byte[1000];
        payload[0] = (byte) i;
        asked.add(link.write(call(code, payload)));
      }
      link.publish();
      // 16 KiB hold 15 answers; nobody reads. The worker lives on.
      Await.until("the ring is full", () -> executed.size() >= 15);
      for (int i = 0; i < 3; i++) {
        long beat = link.heartbeatNanos();
        Await.until("it beats", () -> link.heartbeatNanos() != beat);
      }
      assertTrue(executed.size() < 20, "executed " + executed.size() + " without room");
      for (long correlation : asked) {
        Answer answer = link.awaitAnswer(correlation);
        assertEquals(1000, answer.payload().length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_broker_that_dies_with_a_full_answer_ring_is_left(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(2))) {
      PlayedLink link = worker.attach(worker.options().withRings(1 << 17, 1 << 14, 1024));
      for (int i = 0; i < 100; i++) {
        link.write(call(code, new byte[1000]));
      }
      link.publish();
      Await.until("the ring is full", () -> executed.size() >= 15);
      link.close();
      assertEquals(Status.OK, worker.attach().call(call(code, (byte) 4)).status());
    }
  }

  private static final Map<String, BiConsumer<PlayedLink, Integer>> GARBAGE =
      Map.of(
          "payload beyond the record",
          (link, at) -> link.requestBuffer().putInt(at + PAYLOAD_BYTES_OFFSET, 1000),
          "negative payload",
          (link, at) -> link.requestBuffer().putInt(at + PAYLOAD_BYTES_OFFSET, -1),
          "blocks that are not there",
          (link, at) -> link.requestBuffer().putInt(at + FLAGS_OFFSET, FLAG_INPUT | FLAG_TRACE),
          "payload that no flag or length explains",
          (link, at) -> link.requestBuffer().putInt(at + PAYLOAD_BYTES_OFFSET, 0));

  static Stream<String> garbage() {
    return GARBAGE.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("garbage")
  void a_garbled_request_ends_the_worker_which_closes_its_device(String how) throws Exception {
    ScriptedDriver script = script(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      int at = link.claim(HEADER_BYTES + 16, TYPE_REQUEST);
      link.requestBuffer().putInt(at + OPERATION_OFFSET, ScriptedDriver.number(LANE));
      link.requestBuffer().putInt(at + PAYLOAD_BYTES_OFFSET, 16);
      GARBAGE.get(how).accept(link, at);
      link.commit(at);
      link.publish();
      Throwable end = worker.awaitEnd();
      assertNotNull(end);
      assertTrue(end.getMessage().startsWith("request ring: "), end.toString());
      assertEquals("close", script.events.get(script.events.size() - 1));
      assertEquals(List.of(), List.copyOf(executed));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, TYPE_RESPONSE, 19, 0x7FFF_FFFF})
  void a_frame_of_unknown_type_ends_the_worker(int type) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(1))) {
      PlayedLink link = worker.attach();
      link.commit(link.claim(HEADER_BYTES, type));
      link.publish();
      Throwable end = worker.awaitEnd();
      assertNotNull(end);
      assertTrue(end.getMessage().contains("type " + type), end.toString());
    }
  }

  @Test
  void a_record_too_short_for_a_frame_ends_the_worker() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(1))) {
      PlayedLink link = worker.attach();
      link.sendRaw(TYPE_REQUEST, 16);
      Throwable end = worker.awaitEnd();
      assertNotNull(end);
      assertTrue(end.getMessage().contains("frame of 24 bytes"), end.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1 << 20, Integer.MAX_VALUE})
  void a_bind_of_an_absurd_number_ends_the_worker(int target) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script(1))) {
      PlayedLink link = worker.attach();
      link.bind(target, "x");
      assertInstanceOf(IllegalArgumentException.class, worker.awaitEnd());
    }
  }
}
