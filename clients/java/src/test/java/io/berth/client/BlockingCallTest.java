// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.PeerSession;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class BlockingCallTest extends PeerTest {
  @Test
  void a_payload_comes_back_as_it_went() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      byte[] payload = "泊位".getBytes(StandardCharsets.UTF_8);
      assertArrayEquals(payload, echo.call(patient(ECHO).payload(payload)).payload());
      assertEquals("echo", echo.driver());
    }
  }

  @Test
  void answers_of_every_size_come_back_through_many_turns_of_the_ring() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      ByteBuffer reply = ByteBuffer.allocate(4096);
      for (int i = 0; i < 5000; i++) {
        byte[] payload = new byte[i % 4097];
        Arrays.fill(payload, (byte) i);
        reply.clear();
        int bytes = echo.call(patient(ECHO).payload(ByteBuffer.wrap(payload)), reply);
        assertEquals(payload.length, bytes);
        assertEquals(ByteBuffer.wrap(payload), reply.flip());
      }
    }
  }

  @Test
  void many_threads_each_get_their_own_answers() throws Exception {
    peer.maxInFlight = 3;
    peer.ringBytes = 1 << 15;
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 6; thread++) {
        long base = thread * 1_000_000L;
        done.add(
            threads.submit(
                () -> {
                  for (long i = base; i < base + 2000; i++) {
                    Request request = echo(i).timeoutNanos(20_000_000_000L);
                    assertEquals(i, numberOf(echo.call(request).payload()));
                  }
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void refusals_name_the_resource_and_the_reason() {
    try (BerthClient client = connect()) {
      BerthException unknown = assertThrows(BerthException.class, () -> client.open("none:such"));
      assertEquals(StatusCode.NOT_FOUND, unknown.status());
      assertEquals(Reason.UNKNOWN_RESOURCE, unknown.reason());
      assertTrue(unknown.getMessage().startsWith("none:such: NOT_FOUND (unknown-resource): "));
      assertThrows(NotPermittedException.class, () -> client.open("secret:key"));
    }
  }

  @Test
  void a_failed_operation_ends_with_its_status_and_text() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      BerthException failure = assertThrows(BerthException.class, () -> echo.call(patient(99)));
      assertEquals(StatusCode.UNIMPLEMENTED, failure.status());
      assertEquals(Reason.UNKNOWN_OPERATION, failure.reason());
      assertEquals("no such operation", failure.text());
      assertEquals(PeerSession.DEVICE_CODE, failure.deviceCode());
      assertEquals("echo:main, operation 0/99", failure.resource());
    }
  }

  @Test
  void what_does_not_fit_is_refused_before_it_is_sent() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      BerthException tooLarge =
          assertThrows(
              BerthException.class, () -> echo.call(Request.of(ECHO).payload(new byte[4097])));
      assertEquals(Reason.PAYLOAD_TOO_LARGE, tooLarge.reason());
      BerthException tooSmall =
          assertThrows(BerthException.class, () -> echo.call(echo(1), ByteBuffer.allocate(7)));
      assertEquals(Reason.REPLY_TOO_LARGE, tooSmall.reason());
      assertEquals(5, numberOf(echo.call(echo(5)).payload()));
    }
  }

  @Test
  void a_caller_without_an_answer_ends_by_its_own_clock_and_the_late_answer_reaches_nobody() {
    List<io.berth.client.peer.Frame> held = new java.util.concurrent.CopyOnWriteArrayList<>();
    peer.requests =
        (session, frame) -> {
          if (frame.type == 4) {
            held.forEach(each -> session.reply(each, bytesOf(666)));
          } else if (held.isEmpty()) {
            held.add(frame);
          } else {
            io.berth.client.peer.PeerBroker.serve(session, frame);
          }
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      DeadlineExceededException late =
          assertThrows(
              DeadlineExceededException.class, () -> echo.call(echo(1).timeoutNanos(20_000_000)));
      assertEquals(Reason.CALLER_TIMED_OUT, late.reason());
      for (long i = 10; i < 100; i++) {
        assertEquals(i, numberOf(echo.call(echo(i)).payload()));
      }
    }
  }

  @Test
  void deadlines_are_written_on_the_brokers_clock() {
    peer.clockAheadNanos = 1_000_000_000_000_000L;
    List<Long> left = new java.util.concurrent.CopyOnWriteArrayList<>();
    peer.requests =
        (session, frame) -> {
          left.add(frame.deadlineNanos - System.nanoTime() - peer.clockAheadNanos);
          session.reply(frame, frame.payload);
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      echo.call(echo(1).timeoutNanos(50_000_000_000L));
      // The offset is wrong by the messages' ways at most, and the shift is of days.
      assertTrue(left.get(0) > 0 && left.get(0) < 80_000_000_000L, left.toString());
    }
  }

  @Test
  void after_close_every_call_is_refused_cleanly() {
    BerthClient client = connect();
    Resource echo = client.open("echo:main");
    client.close();
    assertThrows(UnavailableException.class, () -> echo.call(echo(1)));
    assertThrows(UnavailableException.class, () -> client.open("echo:main"));
    client.close();
  }

  @Test
  void two_hundred_connections_leave_no_descriptor_behind() {
    connect().close();
    await(() -> peer.sessions.isEmpty());
    long before = openDescriptors();
    for (int i = 0; i < 200; i++) {
      try (BerthClient client = connect();
          Resource echo = client.open("echo:main")) {
        assertEquals(i, numberOf(echo.call(echo(i)).payload()));
      }
    }
    await(() -> peer.sessions.isEmpty());
    awaitNoMoreDescriptorsThan(before);
    assertEquals(201, peer.goodbyes.get());
  }
}
