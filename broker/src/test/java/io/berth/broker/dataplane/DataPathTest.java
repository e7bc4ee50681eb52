// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A request's way: admission, queue, window, answer, and its one END. */
class DataPathTest extends DataPathFixture {
  private static void assertEnded(Answer answer, Reason reason) {
    assertEquals(reason, answer.reason(), answer::toString);
    assertEquals(reason.usualStatus(), answer.status(), answer::toString);
    assertTrue(answer.isEnd());
  }

  @Test
  void an_echo_goes_through_and_comes_back() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long correlation = client.submit(handle, call().payload("hello").replyLimit(64));
    Taken taken = worker.takeOne();
    assertEquals(TYPE_REQUEST, taken.type());
    assertEquals("hello", taken.payload());
    assertEquals(ECHO, taken.operation());
    assertEquals(worker.epoch, taken.epoch());
    worker.end(taken, "olleh");
    Answer answer = client.answer();
    assertEquals(correlation, answer.correlation());
    assertEquals(handle.word(), answer.handle());
    assertEquals(ECHO, answer.operation());
    assertEquals(Status.OK, answer.status());
    assertEquals("olleh", answer.text());
    harness.assertEmpty();
  }

  @Test
  void a_trace_block_is_stamped_on_the_way() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().flags(FLAG_TRACE).payload("x"));
    Taken taken = worker.takeOne();
    assertEquals("x", taken.payload());
    worker.answer(taken.correlation(), worker.epoch, FLAG_TRACE, 0, 0, "y");
    assertEquals("y", client.answer().text());
    harness.assertEmpty();
  }

  @Test
  void an_operation_without_its_permission_is_refused() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().operation(Permission.SIGN.operation(1)));
    assertEnded(client.answer(), Reason.NOT_PERMITTED);
    for (int bit : new int[] {31, 32, 33, 64, 0x7FFF, 0xFFFF}) {
      client.submit(handle, call().operation(bit << 16 | 1));
      assertEnded(client.answer(), Reason.NOT_PERMITTED);
    }
    assertEquals(List.of(), worker.take());
    harness.assertEmpty();
  }

  @Test
  void a_closed_handle_is_stale_and_so_is_one_that_never_was() {
    client.session.handles().close(handle.word());
    client.submit(handle, call());
    assertEnded(client.answer(), Reason.STALE_HANDLE);
    Handle successor = client.open(harness.device);
    assertEquals(handle.word() & 0xFFFF, successor.word() & 0xFFFF, "the same index");
    client.submit(handle, call());
    assertEnded(client.answer(), Reason.STALE_HANDLE);
    for (int word : new int[] {0, -1, 1, Integer.MIN_VALUE, successor.word() + 1}) {
      client.submit(word, call());
      assertEnded(client.answer(), Reason.STALE_HANDLE);
    }
    harness.assertEmpty();
  }

  @Test
  void a_request_whose_deadline_has_passed_never_reaches_the_device() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().deadline(harness.nowNanos()));
    assertEnded(client.answer(), Reason.EXPIRED_BEFORE_DISPATCH);
    assertEquals(List.of(), worker.take());
    harness.assertEmpty();
  }

  @Test
  void a_request_that_waits_beyond_its_deadline_ends_in_the_queue() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    client.submit(handle, call());
    Taken first = worker.takeOne();
    long late = client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    client.assertNoAnswer();
    harness.advance(11 * MILLIS);
    Answer answer = client.answer();
    assertEquals(late, answer.correlation());
    assertEnded(answer, Reason.EXPIRED_BEFORE_DISPATCH);
    assertTrue(answer.text().contains("in flight 1/1"), answer.text());
    worker.end(first, "");
    client.answer();
    assertEquals(List.of(), worker.take());
    harness.assertEmpty();
  }

  @Test
  void a_deadline_in_flight_ends_the_request_and_its_late_answer_is_dropped() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    Taken taken = worker.takeOne();
    harness.advance(11 * MILLIS);
    assertEnded(client.answer(), Reason.EXPIRED_IN_FLIGHT);
    Taken cancel = worker.takeOne();
    assertEquals(TYPE_CANCEL, cancel.type());
    assertEquals(taken.correlation(), cancel.correlation());
    assertEquals(1, harness.device.inFlight(), "the device is still busy with it");
    assertEquals(1, client.account.inFlight());
    worker.end(taken, "late");
    client.assertNoAnswer();
    assertEquals(1, harness.counters.late.get());
    harness.assertEmpty();
  }

  @Test
  void a_slot_whose_request_expired_in_flight_can_be_used_again_by_the_client() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    Taken first = worker.takeOne();
    harness.advance(11 * MILLIS);
    client.answer();
    long again = client.submit(handle, call());
    List<Taken> later = worker.take();
    worker.end(first, "of the first");
    client.assertNoAnswer();
    worker.end(later.get(1), "of the second");
    Answer answer = client.answer();
    assertEquals(again, answer.correlation());
    assertEquals("of the second", answer.text());
    harness.assertEmpty();
  }

  @Test
  void no_deadline_means_the_longest_that_the_handle_allows() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long longest = harness.nowNanos() + handle.maxDeadlineNanos();
    for (long asked : new long[] {0, Long.MAX_VALUE, longest + 1, longest}) {
      client.submit(handle, call().deadline(asked));
      Taken taken = worker.takeOne();
      assertEquals(longest, taken.deadlineNanos());
      worker.end(taken, "");
      client.answer();
    }
  }

  @Test
  void a_queued_request_that_is_cancelled_ends_at_once_and_is_not_executed() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    client.submit(handle, call());
    long queued = client.submit(handle, call());
    Taken first = worker.takeOne();
    client.cancel(queued);
    Answer answer = client.answer();
    assertEquals(queued, answer.correlation());
    assertEnded(answer, Reason.CANCELLED);
    worker.end(first, "");
    client.answer();
    assertEquals(List.of(), worker.take());
    harness.assertEmpty();
  }

  @Test
  void a_cancel_in_flight_is_passed_on_and_the_workers_end_counts() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    long correlation = client.submit(handle, call());
    Taken taken = worker.takeOne();
    client.cancel(correlation);
    client.assertNoAnswer();
    assertEquals(TYPE_CANCEL, worker.takeOne().type());
    worker.fail(taken, Reason.CANCELLED, "");
    assertEnded(client.answer(), Reason.CANCELLED);
    client.cancel(correlation);
    client.cancel(correlation + (1 << 16));
    client.cancel(-1);
    client.assertNoAnswer();
    assertEquals(List.of(), harness.reports);
    harness.assertEmpty();
  }

  @Test
  void a_full_queue_refuses_with_its_numbers() throws OsException {
    harness.close();
    harness = new DataPathHarness(64, 2);
    for (int i = 0; i < 2; i++) {
      PlayedClient waiting = harness.client("uid " + i);
      waiting.submit(waiting.open(harness.device), call());
      waiting.assertNoAnswer();
    }
    client = harness.client("uid 3");
    client.submit(client.open(harness.device), call());
    Answer answer = client.answer();
    assertEnded(answer, Reason.QUEUE_FULL);
    assertEquals(
        "device echo:one: queue full; try again later (in flight 0/0, queued 2/2)", answer.text());
  }

  @Test
  void a_broker_without_free_slots_refuses_with_its_numbers() throws OsException {
    harness.close();
    harness = new DataPathHarness(2, 8);
    for (int i = 0; i < 2; i++) {
      PlayedClient waiting = harness.client("uid " + i);
      waiting.submit(waiting.open(harness.device), call());
      waiting.assertNoAnswer();
    }
    client = harness.client("uid 3");
    handle = client.open(harness.device);
    client.submit(handle, call().payload("x".repeat(MAX_INLINE_BYTES)));
    Answer answer = client.answer();
    assertEnded(answer, Reason.QUEUE_FULL);
    assertEquals("broker: requests 2 >= 2", answer.text());
  }

  @Test
  void a_principal_at_its_limit_is_refused_over_all_of_its_sessions() throws OsException {
    harness.account("uid 1").inFlightLimit(3);
    PlayedClient second = harness.client("uid 1");
    PlayedClient stranger = harness.client("uid 2");
    client.submit(handle, call());
    client.submit(handle, call());
    second.submit(second.open(harness.device), call());
    second.assertNoAnswer();
    second.submit(second.open(harness.device), call());
    Answer answer = second.answer();
    assertEnded(answer, Reason.PRINCIPAL_LIMIT);
    assertEquals("uid 1: requests 3 >= 3 allowed or 61 free", answer.text());
    stranger.submit(stranger.open(harness.device), call());
    stranger.assertNoAnswer();
  }

  @Test
  void requests_beyond_the_reply_space_are_refused_and_the_space_comes_back() throws OsException {
    PlayedClient small = harness.client("uid 3", 16, 4096);
    Handle smallHandle = small.open(harness.device);
    PlayedWorker worker = harness.worker(harness.device, 16);
    for (int i = 0; i < 4; i++) {
      small.submit(smallHandle, call().replyLimit(512));
    }
    small.assertNoAnswer();
    small.submit(smallHandle, call().replyLimit(1024));
    assertEnded(small.answer(), Reason.REPLY_SPACE);
    List<Taken> taken = worker.take();
    assertEquals(4, taken.size());
    taken.forEach(request -> worker.end(request, "x".repeat(512)));
    assertEquals(4, small.answers().size());
    small.submit(smallHandle, call().replyLimit(1024));
    worker.end(worker.takeOne(), "x".repeat(1024));
    assertEquals(1024, small.answer().text().length());
    harness.assertEmpty();
  }

  @Test
  void a_client_without_room_even_for_a_refusal_is_expelled() throws OsException {
    PlayedClient small = harness.client("uid 3", 16, 4096);
    Handle smallHandle = small.open(harness.device);
    int fitting = replyBudget(4096, MAX_INLINE_BYTES) / replyReservation(0, 512);
    for (int i = 0; i <= fitting; i++) {
      small.submit(smallHandle, call().replyLimit(512));
    }
    small.assertNoAnswer();
    assertEquals(1, harness.reports.size());
    assertEquals(Reason.RESPONSE_OVERRUN, harness.reports.get(0).reason());
  }

  @Test
  void answers_that_the_client_has_not_consumed_count_as_taken_space() throws OsException {
    PlayedClient small = harness.client("uid 3", 16, 4096);
    Handle smallHandle = small.open(harness.device);
    PlayedWorker worker = harness.worker(harness.device, 16);
    for (int i = 0; i < 4; i++) {
      small.submit(smallHandle, call().replyLimit(512));
    }
    worker.take().forEach(request -> worker.end(request, "x".repeat(512)));
    harness.step();
    // The answers stand in the ring unread; a fifth promise would not fit any more.
    small.submit(smallHandle, call().replyLimit(1024));
    List<Answer> answers = small.answers();
    assertEquals(5, answers.size());
    assertEnded(answers.get(4), Reason.REPLY_SPACE);
    harness.assertEmpty();
  }

  @Test
  void a_stream_flows_by_credit_and_reserves_space_per_part() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long correlation = client.submit(handle, call().stream(2).replyLimit(100));
    Taken taken = worker.takeOne();
    assertEquals(2, taken.credit());
    worker.part(taken, 0, "a");
    worker.part(taken, 1, "b");
    assertEquals(List.of("a", "b"), client.answers().stream().map(Answer::text).toList());
    client.credit(correlation, 3);
    Taken credit = worker.takeOne();
    assertEquals(TYPE_CREDIT, credit.type());
    assertEquals(taken.correlation(), credit.correlation());
    assertEquals(3, credit.credit());
    worker.part(taken, 2, "c");
    worker.end(taken, "end");
    List<Answer> rest = client.answers();
    assertEquals(List.of("c", "end"), rest.stream().map(Answer::text).toList());
    assertEquals(2, rest.get(0).part());
    harness.assertEmpty();
  }

  @Test
  void a_part_without_credit_gets_the_worker_fenced() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(1));
    Taken taken = worker.takeOne();
    worker.part(taken, 0, "a");
    worker.part(taken, 1, "b");
    assertEquals("a", client.answer().text());
    assertEquals(1, harness.reports.size());
    assertEquals("part 1 without credit", harness.reports.get(0).text());
  }

  @Test
  void credit_granted_to_a_queued_stream_reaches_the_worker_with_the_request() throws OsException {
    long correlation = client.submit(handle, call().stream(1));
    client.credit(correlation, 4);
    client.assertNoAnswer();
    PlayedWorker worker = harness.worker(harness.device, 4);
    assertEquals(5, worker.takeOne().credit());
  }

  @Test
  void credit_granted_in_flight_reaches_the_second_worker_too() throws OsException {
    PlayedWorker first = harness.worker(harness.device, 4);
    long correlation = client.submit(handle, call().stream(1).idempotent());
    first.takeOne();
    client.credit(correlation, 4);
    harness.step();
    harness.dies(first);
    PlayedWorker second = harness.worker(harness.device, 4);
    assertEquals(5, second.takeOne().credit());
  }

  @Test
  void an_answer_longer_than_the_reply_limit_becomes_an_error() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().replyLimit(10));
    worker.end(worker.takeOne(), "01234567890");
    Answer answer = client.answer();
    assertEnded(answer, Reason.REPLY_TOO_LARGE);
    assertEquals("", answer.text());
    harness.assertEmpty();
  }

  @Test
  void a_part_longer_than_the_reply_limit_ends_its_stream_there() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(3).replyLimit(10));
    Taken taken = worker.takeOne();
    worker.part(taken, 0, "0123456789");
    worker.part(taken, 1, "01234567890");
    worker.part(taken, 2, "0123456789");
    List<Answer> answers = client.answers();
    assertEquals("0123456789", answers.get(0).text());
    assertEnded(answers.get(1), Reason.REPLY_TOO_LARGE);
    assertEquals("part 1: 11 bytes > reply limit 10", answers.get(1).text());
    assertEquals(2, answers.size());
    Taken cancel = worker.takeOne();
    assertEquals(TYPE_CANCEL, cancel.type());
    assertEquals(taken.correlation(), cancel.correlation());
    worker.end(taken, "");
    client.assertNoAnswer();
    assertEquals(List.of(), harness.reports);
    harness.assertEmpty();
  }

  @Test
  void a_part_with_an_error_gets_the_worker_fenced() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(2));
    Taken taken = worker.takeOne();
    worker.answer(
        taken.correlation(), worker.epoch, FLAG_MORE, Reason.DRIVER_ERROR.word(), 0, "no END");
    client.assertNoAnswer();
    assertEquals("part 0 with status 13", harness.reports.get(0).text());
  }

  @Test
  void an_errors_text_is_cut_to_what_always_fits() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().replyLimit(0));
    worker.fail(worker.takeOne(), Reason.DRIVER_ERROR, "e".repeat(500));
    Answer answer = client.answer();
    assertEnded(answer, Reason.DRIVER_ERROR);
    assertEquals("e".repeat(MIN_REPLY_BYTES), answer.text());
    harness.assertEmpty();
  }

  @Test
  void a_devices_own_code_reaches_the_client_with_an_error_and_with_nothing_else()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    worker.deviceCode(0x0100000C);
    client.submit(handle, call());
    worker.fail(worker.takeOne(), Reason.DRIVER_ERROR, "SDF_InternalSign_ECC: SDR_SKOPERR");
    assertEquals(0x0100000C, client.answer().deviceCode());
    client.submit(handle, call());
    worker.end(worker.takeOne(), "signed");
    assertEquals(0, client.answer().deviceCode());
    worker.deviceCode(0);
    client.submit(handle, call());
    worker.fail(worker.takeOne(), Reason.DRIVER_ERROR, "not the library's doing");
    assertEquals(0, client.answer().deviceCode());
    harness.assertEmpty();
  }

  @Test
  void no_text_is_cut_inside_a_character() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().replyLimit(0));
    worker.fail(worker.takeOne(), Reason.DRIVER_ERROR, "." + "泊".repeat(100));
    assertEquals("." + "泊".repeat((MIN_REPLY_BYTES - 1) / 3), client.answer().text());
    PlayedClient named = harness.client("." + "泊".repeat(100));
    named.account.inFlightLimit(0);
    named.submit(named.open(harness.device), call());
    assertEquals("." + "泊".repeat((MIN_REPLY_BYTES - 1) / 3), named.answer().text());
  }

  @Test
  void the_window_bounds_what_a_worker_has() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 3);
    for (int i = 0; i < 7; i++) {
      client.submit(handle, call().payload("" + i));
    }
    List<Taken> taken = worker.take();
    assertEquals(3, taken.size());
    assertEquals(3, harness.device.inFlight());
    worker.end(taken.get(1), "");
    assertEquals("3", worker.takeOne().payload());
    assertEquals(3, harness.device.inFlight());
  }

  @Test
  void urgent_requests_pass_others_and_nobody_is_more_urgent_than_its_ceiling() throws OsException {
    PlayedClient bulk = harness.client("uid 2");
    Handle limited = bulk.open(harness.device, 1, 2);
    bulk.submit(limited, call().priority(0).payload("claims to be urgent"));
    client.submit(handle, call().priority(3).payload("background"));
    client.submit(handle, call().priority(1).payload("normal"));
    client.submit(handle, call().priority(0).payload("urgent"));
    client.submit(handle, call().priority(-7).payload("nonsense is background"));
    harness.step();
    PlayedWorker worker = harness.worker(harness.device, 8);
    assertEquals(
        List.of("urgent", "normal", "claims to be urgent", "background", "nonsense is background"),
        worker.take().stream().map(Taken::payload).toList());
  }

  @Test
  void of_one_principals_waiting_requests_the_earliest_deadline_goes_first() throws OsException {
    client.submit(handle, call().payload("no deadline"));
    client.submit(handle, call().deadline(harness.nowNanos() + 20 * MILLIS).payload("20 ms"));
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS).payload("10 ms"));
    client.submit(handle, call().payload("none either"));
    harness.step();
    PlayedWorker worker = harness.worker(harness.device, 8);
    assertEquals(
        List.of("10 ms", "20 ms", "no deadline", "none either"),
        worker.take().stream().map(Taken::payload).toList());
  }

  @Test
  void principals_take_turns_whatever_their_backlog() throws OsException {
    PlayedClient second = harness.client("uid 2");
    Handle secondHandle = second.open(harness.device);
    for (int i = 0; i < 4; i++) {
      client.submit(handle, call().payload("a" + i));
    }
    harness.step();
    second.submit(secondHandle, call().payload("b0"));
    second.submit(secondHandle, call().payload("b1"));
    harness.step();
    PlayedWorker worker = harness.worker(harness.device, 8);
    assertEquals(
        List.of("a0", "b0", "a1", "b1", "a2", "a3"),
        worker.take().stream().map(Taken::payload).toList());
  }

  @Test
  void a_device_that_is_not_to_be_had_refuses_at_once_and_ends_what_waits() {
    client.submit(handle, call());
    client.assertNoAnswer();
    harness.data.availability(harness.device.seats().get(0), Availability.GIVEN_UP);
    assertEnded(client.answer(), Reason.DEVICE_GIVEN_UP);
    client.submit(handle, call());
    assertEnded(client.answer(), Reason.DEVICE_GIVEN_UP);
    harness.data.availability(harness.device.seats().get(0), Availability.RELEASED);
    harness.step();
    client.submit(handle, call());
    assertEnded(client.answer(), Reason.DEVICE_RELEASED);
    harness.data.availability(harness.device.seats().get(0), Availability.COMING);
    harness.step();
    client.submit(handle, call());
    client.assertNoAnswer();
  }

  @Test
  void one_devices_backlog_does_not_hold_up_another() throws OsException {
    PlayedWorker worker = harness.worker(harness.other, 4);
    for (int i = 0; i < 8; i++) {
      client.submit(handle, call());
    }
    client.submit(client.open(harness.other), call().payload("through"));
    Taken taken = worker.takeOne();
    worker.end(taken, taken.payload());
    assertEquals("through", client.answer().text());
  }

  @Test
  void a_client_that_has_slept_long_is_heard_by_its_bell() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    for (int i = 0; i < 3; i++) {
      for (int pass = 0; pass < 40; pass++) {
        harness.step();
      }
      assertEquals(-1, client.session.hotIndex, "silent for long, so not polled");
      client.submit(handle, call());
      worker.end(worker.takeOne(), "");
      assertEquals(Status.OK, client.answer().status());
    }
  }

  @Test
  void a_client_for_whom_there_is_no_room_among_the_hot_is_served_to_its_last_record()
      throws OsException {
    List<PlayedClient> busy = new ArrayList<>();
    for (int i = 0; i < DataPathHarness.HOT_SESSIONS; i++) {
      busy.add(harness.client("uid 2"));
    }
    for (int pass = 0; pass < 20; pass++) {
      harness.step();
    }
    for (PlayedClient each : busy) {
      each.cancel(1);
    }
    harness.step();
    assertEquals(-1, client.session.hotIndex);
    for (int i = 0; i < 900; i++) {
      int at = client.claim(TYPE_CANCEL, HEADER_BYTES);
      client.writer.buffer().putLong(at + CORRELATION_OFFSET, -1);
    }
    client.submit(handle, call().payload("last"));
    PlayedWorker worker = harness.worker(harness.device, 4);
    assertEquals("last", worker.takeOne().payload());
    assertEquals(-1, client.session.hotIndex, "the test is about clients that are not hot");
  }
}
