// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.PlayedLink;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a driver throws: one END, and the next request is served. */
class DriverErrorsTest {
  private static final int INLINE = 1;
  private static final int LANE = 2;
  private static final int ECHO_INLINE = 3;
  private static final int ECHO_LANE = 4;

  private static ScriptedDriver of(ScriptedDriver.Act act) {
    return new ScriptedDriver(1)
        .inline(INLINE, act)
        .onLane(LANE, act)
        .inline(ECHO_INLINE, ScriptedDriver.ECHO)
        .onLane(ECHO_LANE, ScriptedDriver.ECHO);
  }

  private static final Map<String, ScriptedDriver.Act> FAULTS =
      Map.of(
          "runtime",
          (request, reply, lane) -> {
            throw new IllegalStateException("it broke");
          },
          "checked",
          (request, reply, lane) -> {
            throw new IOException("it broke");
          },
          "linkage",
          (request, reply, lane) -> {
            throw new UnsatisfiedLinkError("it broke");
          },
          "assertion",
          (request, reply, lane) -> {
            throw new AssertionError("it broke");
          },
          "silence",
          (request, reply, lane) -> {},
          "part of nothing",
          (request, reply, lane) -> reply.outputBytes(1),
          "recursion",
          (request, reply, lane) -> recurse(request.isRetried() ? 0 : Integer.MAX_VALUE));

  private static int recurse(int depth) {
    return depth == 0 ? 0 : recurse(depth - 1) + 1;
  }

  static Stream<String> faults() {
    return FAULTS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void whatever_a_driver_throws_is_a_driver_error_and_costs_this_request_only(String fault)
      throws Exception {
    try (WorkerHarness worker = new WorkerHarness(of(FAULTS.get(fault)))) {
      PlayedLink link = worker.attach();
      for (int code : new int[] {INLINE, LANE, INLINE, LANE}) {
        Answer answer = link.call(call(code));
        assertEquals(Status.INTERNAL, answer.status());
        assertEquals(Reason.DRIVER_ERROR, answer.reason());
        assertTrue(answer.isEnd());
        assertFalse(answer.text().isEmpty(), "it says what happened");
        assertEquals("i", link.call(call(ECHO_INLINE, (byte) 'i')).text());
        assertEquals("l", link.call(call(ECHO_LANE, (byte) 'l')).text());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_refusal_is_the_answer_with_its_status_reason_and_text(int code) throws Exception {
    ScriptedDriver script =
        of(
            (request, reply, lane) -> {
              throw new RequestException(
                  Status.FAILED_PRECONDITION, Reason.ALGORITHM_DISABLED, "SM9 is disabled");
            });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      Answer answer = worker.attach().call(call(code));
      assertEquals(Status.FAILED_PRECONDITION, answer.status());
      assertEquals(Reason.ALGORITHM_DISABLED, answer.reason());
      assertEquals("SM9 is disabled", answer.text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void what_comes_after_an_answer_is_not_an_answer(int code) throws Exception {
    ScriptedDriver script =
        of(
            (request, reply, lane) -> {
              reply.ok("once".getBytes(UTF_8));
              switch (request.payload().getByte(0)) {
                case 0 -> reply.ok("twice".getBytes(UTF_8));
                case 1 -> reply.fail(Status.INTERNAL, Reason.NONE, "twice");
                default -> throw new IllegalStateException("after the answer");
              }
            });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      for (byte how = 0; how < 3; how++) {
        long asked = link.send(call(code, how));
        assertEquals("once", link.awaitAnswer().text());
        long next = link.send(call(ECHO_LANE, (byte) 'n'));
        Answer answer = link.awaitAnswer();
        assertEquals(next, answer.correlation(), "an END of " + asked + " too many");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void an_answer_beyond_the_limit_ends_as_too_large(int code) throws Exception {
    ScriptedDriver script =
        of((request, reply, lane) -> reply.ok(new byte[request.payload().getByte(0)]));
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      assertEquals(100, link.call(call(code, (byte) 100).withReplyLimit(100)).payload().length);
      Answer answer = link.call(call(code, (byte) 101).withReplyLimit(100));
      assertEquals(Status.OUT_OF_RANGE, answer.status());
      assertEquals(Reason.REPLY_TOO_LARGE, answer.reason());
      assertEquals("answer of 101 bytes > reply limit 100", answer.text());
      assertEquals(0, link.call(call(code, (byte) 0).withReplyLimit(0)).payload().length);
      assertEquals(
          Reason.REPLY_TOO_LARGE, link.call(call(code, (byte) 1).withReplyLimit(0)).reason());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void an_error_text_is_cut_at_a_character_to_what_the_caller_takes(int code) throws Exception {
    ScriptedDriver script =
        of(
            (request, reply, lane) ->
                reply.fail(Status.UNAVAILABLE, Reason.NONE, "x" + "泊".repeat(3000)));
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      // 192 bytes always fit: one byte and 63 characters of three.
      for (int limit : new int[] {0, 1, 191, 192}) {
        String text = link.call(call(code).withReplyLimit(limit)).text();
        assertEquals("x" + "泊".repeat(63), text, "limit " + limit);
      }
      assertEquals("x" + "泊".repeat(66), link.call(call(code).withReplyLimit(200)).text());
      int most = (link.options().maxInlineBytes() - 1) / 3;
      assertEquals("x" + "泊".repeat(most), link.call(call(code)).text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void the_librarys_own_code_goes_with_its_error_and_not_with_the_next_one(int code)
      throws Exception {
    ScriptedDriver script =
        of(
            (request, reply, lane) -> {
              switch (request.payload().getByte(0)) {
                case 1 ->
                    throw new RequestException(
                        Status.INTERNAL, Reason.DRIVER_ERROR, 0x0100000C, "SDR_SKOPERR");
                case 2 -> reply.fail(Status.INTERNAL, Reason.DRIVER_ERROR, 0x21, "CKR");
                default -> throw RequestException.invalid("no library's doing");
              }
            });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      assertEquals(0x0100000C, link.call(call(code, (byte) 1)).deviceCode());
      assertEquals(0, link.call(call(code, (byte) 3)).deviceCode());
      assertEquals(0x21, link.call(call(code, (byte) 2)).deviceCode());
      assertEquals(0, link.call(call(code, (byte) 3)).deviceCode());
    }
  }

  @Test
  void a_failure_without_words_is_an_answer_too() throws Exception {
    ScriptedDriver script =
        of(
            (request, reply, lane) -> {
              throw new RequestException(Status.NOT_FOUND, Reason.NONE, null);
            });
    try (WorkerHarness worker = new WorkerHarness(script)) {
      Answer answer = worker.attach().call(call(LANE));
      assertEquals(Status.NOT_FOUND, answer.status());
      assertEquals("", answer.text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-2, 1, 1000, Integer.MIN_VALUE})
  void a_lane_that_there_is_not_is_this_requests_error(int lane) throws Exception {
    ScriptedDriver script = of(ScriptedDriver.ECHO);
    script.choosing =
        request -> {
          if (request.payload().capacity() == 0) {
            throw new IllegalStateException("no state");
          }
          return request.payload().getByte(0) == 0 ? 0 : lane;
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      Answer wrong = link.call(call(LANE, (byte) 1));
      assertEquals(Reason.DRIVER_ERROR, wrong.reason());
      assertTrue(wrong.text().contains("expected 0 to 0"), wrong.text());
      Answer thrown = link.call(call(LANE));
      assertEquals(Reason.DRIVER_ERROR, thrown.reason());
      assertTrue(thrown.text().contains("no state"), thrown.text());
      assertEquals(Status.OK, link.call(call(LANE, (byte) 0)).status());
    }
  }

  @Test
  void a_driver_that_breaks_at_the_end_of_a_session_goes_on() throws Exception {
    ScriptedDriver script = of(ScriptedDriver.ECHO);
    script.sessionEnding =
        session -> {
          throw new IllegalStateException("a bug");
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.sessionClosed(5);
      assertEquals(Status.OK, link.call(call(LANE, (byte) 0)).status());
      assertTrue(script.events.contains("session 5 closed"));
    }
  }
}
