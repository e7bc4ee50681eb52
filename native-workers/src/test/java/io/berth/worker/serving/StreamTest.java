// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.PartSource;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.Call;
import io.berth.worker.testkit.PlayedLink;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers in parts: credit, pauses, and every way in which a stream ends. */
class StreamTest {
  private static final int STREAM = 1;
  private static final int ECHO = 2;

  /** A given number of parts, part i being i bytes of value i. */
  private static class Counting implements PartSource {
    final AtomicInteger closed = new AtomicInteger();
    final int parts;
    int made; // Written by one lane, read by a test once the source is closed.

    Counting(int parts) {
      this.parts = parts;
    }

    @Override
    public boolean hasNext() throws Exception {
      return made < parts;
    }

    @Override
    public void next(Sink sink) throws Exception {
      byte[] part = new byte[made];
      Arrays.fill(part, (byte) made);
      sink.part(new UnsafeBuffer(part), 0, part.length);
      made++;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }

    void awaitClosed() {
      Await.until("the source is closed", () -> closed.get() == 1);
    }
  }

  private static ScriptedDriver of(PartSource source) {
    return new ScriptedDriver(1)
        .onLane(STREAM, (request, reply, lane) -> reply.stream(source))
        .onLane(ECHO, ScriptedDriver.ECHO);
  }

  private static void assertPart(PlayedLink link, long correlation, int number) {
    Answer part = link.awaitAnswer(correlation);
    assertFalse(part.isEnd(), part::toString);
    assertEquals(number, part.part());
    assertEquals(number, part.payload().length);
  }

  /** The lane serves another request, so it is not with the stream. */
  private static void assertPaused(PlayedLink link) {
    long echo = link.send(call(ECHO, (byte) 'e'));
    Answer next = link.awaitAnswer();
    assertEquals(echo, next.correlation(), () -> "a part without credit: " + next);
  }

  @Test
  void parts_come_as_credit_allows_and_then_the_end() throws Exception {
    Counting source = new Counting(7);
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      PlayedLink link = worker.attach();
      long stream = link.send(call(STREAM).withStream(2));
      assertPart(link, stream, 0);
      assertPart(link, stream, 1);
      assertPaused(link);
      link.credit(stream, 1);
      assertPart(link, stream, 2);
      assertPaused(link);
      link.credit(stream, 0);
      link.credit(stream, -5);
      assertPaused(link);
      link.credit(stream, 100);
      for (int part = 3; part < 7; part++) {
        assertPart(link, stream, part);
      }
      Answer end = link.awaitAnswer(stream);
      assertTrue(end.isEnd());
      assertEquals(Status.OK, end.status());
      assertEquals(7, end.part());
      assertEquals(0, end.payload().length);
      source.awaitClosed();
      link.credit(stream, 1);
      link.cancel(stream);
      assertPaused(link);
    }
  }

  @Test
  void a_stream_of_nothing_needs_no_credit_to_end() throws Exception {
    Counting source = new Counting(0);
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      Answer end = worker.attach().call(call(STREAM).withStream(0));
      assertTrue(end.isEnd());
      assertEquals(Status.OK, end.status());
      source.awaitClosed();
    }
  }

  @Test
  void credit_beyond_counting_is_as_much_as_can_be_counted() throws Exception {
    Counting source = new Counting(50);
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      PlayedLink link = worker.attach();
      long stream = link.send(call(STREAM).withStream(0));
      assertPaused(link);
      link.credit(stream, Integer.MAX_VALUE);
      link.credit(stream, Integer.MAX_VALUE);
      for (int part = 0; part < 50; part++) {
        assertPart(link, stream, part);
      }
      assertTrue(link.awaitAnswer(stream).isEnd());
    }
  }

  @Test
  void a_paused_stream_is_cancelled_and_closed() throws Exception {
    Counting source = new Counting(1000);
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      PlayedLink link = worker.attach();
      long stream = link.send(call(STREAM).withStream(1));
      assertPart(link, stream, 0);
      assertPaused(link);
      link.cancel(stream);
      Answer end = link.awaitAnswer(stream);
      assertTrue(end.isEnd());
      assertEquals(Status.CANCELLED, end.status());
      assertEquals(Reason.CANCELLED, end.reason());
      source.awaitClosed();
      assertPaused(link);
    }
  }

  @Test
  void a_stream_is_cancelled_between_two_parts() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Counting source =
        new Counting(1000) {
          @Override
          public void next(Sink sink) throws Exception {
            if (made == 3) {
              entered.countDown();
              gate.await();
            }
            super.next(sink);
          }
        };
    try (WorkerHarness worker = new WorkerHarness(of(source).inline(9, ScriptedDriver.ECHO))) {
      PlayedLink link = worker.attach();
      long stream = link.send(call(STREAM).withStream(1000));
      entered.await();
      link.cancel(stream);
      long behind = link.send(call(9)); // Read after the CANCEL.
      link.awaitAnswer(behind);
      gate.countDown();
      for (int part = 0; part < 4; part++) {
        assertPart(link, stream, part);
      }
      Answer end = link.awaitAnswer(stream);
      assertTrue(end.isEnd(), end::toString);
      assertEquals(Status.CANCELLED, end.status());
      source.awaitClosed();
      assertEquals(4, source.made);
    }
  }

  @Test
  void a_stream_that_is_paused_beyond_its_deadline_ends() throws Exception {
    Counting source = new Counting(1000);
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      PlayedLink link = worker.attach();
      Call expiring = call(STREAM).withStream(1).withDeadline(System.nanoTime() + 300_000_000L);
      Answer first = link.call(expiring);
      // On a machine that took so long to start it, the stream is over before it began.
      Answer end = first.isEnd() ? first : link.awaitAnswer();
      assertTrue(end.isEnd());
      assertEquals(Status.DEADLINE_EXCEEDED, end.status());
      assertTrue(
          end.reason() == Reason.EXPIRED_IN_FLIGHT
              || (first.isEnd() && end.reason() == Reason.EXPIRED_BEFORE_DISPATCH),
          end::toString);
      if (!first.isEnd()) {
        source.awaitClosed();
      }
    }
  }

  @Test
  void a_caller_that_asked_for_no_stream_gets_none() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(of(new Counting(3)))) {
      Answer answer = worker.attach().call(call(STREAM));
      assertEquals(Status.INVALID_ARGUMENT, answer.status());
      assertTrue(answer.text().contains("ask for a stream"), answer.text());
    }
  }

  @Test
  void an_inline_operation_cannot_stream() throws Exception {
    Counting source = new Counting(3);
    ScriptedDriver script =
        new ScriptedDriver(0)
            .inline(STREAM, (request, reply, lane) -> reply.stream(source))
            .inline(ECHO, ScriptedDriver.ECHO);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      Answer answer = link.call(call(STREAM).withStream(5));
      assertEquals(Status.INTERNAL, answer.status());
      assertTrue(answer.text().contains("inline cannot stream"), answer.text());
      source.awaitClosed();
      assertEquals("e", link.call(call(ECHO, (byte) 'e')).text());
    }
  }

  private abstract static class Broken extends Counting {
    Broken() {
      super(10);
    }
  }

  private static final Map<String, Counting> BROKEN =
      Map.of(
          "next throws",
          new Broken() {
            @Override
            public void next(Sink sink) throws Exception {
              if (made == 2) {
                throw new IOException("the device is gone");
              }
              super.next(sink);
            }
          },
          "hasNext throws",
          new Broken() {
            @Override
            public boolean hasNext() throws Exception {
              if (made == 2) {
                throw new IOException("the device is gone");
              }
              return true;
            }
          },
          "two parts at once",
          new Broken() {
            @Override
            public void next(Sink sink) throws Exception {
              super.next(sink);
              if (made == 2) {
                super.next(sink);
              }
            }
          },
          "no part",
          new Broken() {
            @Override
            public void next(Sink sink) throws Exception {
              if (made < 2) {
                super.next(sink);
              }
            }
          },
          "a part beyond the limit",
          new Broken() {
            @Override
            public void next(Sink sink) throws Exception {
              if (made == 2) {
                sink.part(new UnsafeBuffer(new byte[101]), 0, 101);
              }
              super.next(sink);
            }
          });

  static Stream<String> broken() {
    return BROKEN.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void a_source_that_breaks_ends_its_stream_and_leaves_the_lane_working(String how)
      throws Exception {
    Counting source = BROKEN.get(how);
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      PlayedLink link = worker.attach();
      long stream = link.send(call(STREAM).withStream(100).withReplyLimit(100));
      assertPart(link, stream, 0);
      assertPart(link, stream, 1);
      Answer end = link.awaitAnswer(stream);
      assertTrue(end.isEnd(), end::toString);
      assertEquals(Status.INTERNAL, end.status());
      assertEquals(Reason.DRIVER_ERROR, end.reason());
      source.awaitClosed();
      assertPaused(link);
    }
  }

  @Test
  void a_source_that_fails_to_close_costs_neither_the_lane_nor_the_request() throws Exception {
    Counting source =
        new Counting(1) {
          @Override
          public void close() {
            super.close();
            throw new IllegalStateException("cannot close");
          }
        };
    try (WorkerHarness worker = new WorkerHarness(of(source))) {
      PlayedLink link = worker.attach();
      long stream = link.send(call(STREAM).withStream(5));
      assertPart(link, stream, 0);
      assertTrue(link.awaitAnswer(stream).isEnd());
      source.awaitClosed();
      assertEquals("e", link.call(call(ECHO, "e".getBytes(UTF_8))).text());
      link.goAway();
      link.connection().awaitEnd(); // Only when nothing counts as being on the device.
    }
  }
}
