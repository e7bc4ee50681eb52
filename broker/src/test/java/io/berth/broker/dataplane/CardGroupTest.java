// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Seat;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two workers of one device: who gets what, and what becomes of it when one is lost. */
class CardGroupTest extends DataPathFixture {
  private static final int HARD_FAIL = 0x01000005;
  private static final int UNAVAILABLE = Reason.DRIVER_ERROR.word(Status.UNAVAILABLE);

  private Seat seatA;
  private Seat seatB;

  @BeforeEach
  void name_the_seats() {
    seatA = harness.group.seats().get(0);
    seatB = harness.group.seats().get(1);
  }

  @Override
  Handle open(PlayedClient opening) {
    return opening.open(harness.group);
  }

  private void submit(int count) {
    for (int i = 0; i < count; i++) {
      client.submit(handle, call().idempotent().payload("request " + i));
    }
  }

  private static void endAll(PlayedWorker worker, List<Taken> taken) {
    taken.forEach(each -> worker.end(each, "done"));
  }

  private void assertAllDone(int count) {
    List<Answer> answers = client.answers();
    assertEquals(count, answers.size(), answers::toString);
    answers.forEach(answer -> assertEquals(Status.OK, answer.status(), answer::toString));
    harness.assertEmpty();
  }

  /** The card says that it has failed. */
  private static void hardFail(PlayedWorker worker, Taken request) {
    worker.deviceCode(HARD_FAIL);
    worker.answer(request.correlation(), worker.epoch, 0, UNAVAILABLE, 0, "SDR_HARDFAIL");
    worker.deviceCode(0);
  }

  @Test
  void cards_are_called_by_the_group_and_their_own_name() {
    assertEquals("echo:group/a", seatA.name());
    assertEquals("echo:group/b", seatB.name());
    assertEquals(List.of("echo:one"), harness.device.seats().stream().map(Seat::name).toList());
  }

  @Test
  void who_has_nothing_to_do_sleeps_on() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 4, 0);
    a.take();
    b.take();
    a.fallAsleep();
    b.fallAsleep();
    submit(1);
    assertEquals(1, a.take().size());
    assertTrue(a.isRung());
    assertFalse(b.isRung());
  }

  @Test
  void each_gets_its_share_of_what_waits_by_its_window() throws OsException {
    submit(7);
    PlayedWorker a = harness.worker(seatA, 2, 0);
    assertEquals(2, a.take().size());
    PlayedWorker b = harness.worker(seatB, 4, 0);
    assertEquals(4, b.take().size());
    assertEquals(6, harness.group.window());
    assertEquals(6, harness.group.inFlight());
  }

  @Test
  void the_one_with_most_of_its_window_free_is_asked() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 4, 0);
    submit(6);
    List<Taken> ofA = a.take();
    List<Taken> ofB = b.take();
    assertEquals(2, ofA.size());
    assertEquals(4, ofB.size());
    b.end(ofB.get(0), "done");
    submit(1);
    assertEquals(List.of(), a.take());
    Taken more = b.takeOne();
    endAll(a, ofA);
    endAll(b, ofB.subList(1, 4));
    b.end(more, "done");
    assertAllDone(7);
  }

  @Test
  void one_alone_stays_with_the_card_that_was_asked_last() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 2, 0);
    submit(2);
    a.end(a.takeOne(), "done");
    Taken second = b.takeOne();
    b.end(second, "done");
    client.answers();
    for (int i = 0; i < 3; i++) {
      submit(1);
      b.end(b.takeOne(), "done");
      assertAllDone(1);
    }
    assertEquals(List.of(), a.take());
  }

  @Test
  void what_a_lost_worker_had_goes_to_the_other_at_once() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 2, 0);
    submit(6);
    assertEquals(2, a.take().size());
    List<Taken> ofB = b.take();
    harness.dies(a);
    assertEquals(Availability.READY, harness.group.availability());
    endAll(b, ofB);
    List<Taken> moved = new ArrayList<>();
    while (moved.size() < 4) {
      List<Taken> more = b.take();
      assertFalse(more.isEmpty(), () -> "only " + moved);
      endAll(b, more);
      moved.addAll(more);
    }
    assertEquals(2, moved.stream().filter(t -> (t.flags() & FLAG_RETRIED) != 0).count());
    assertAllDone(6);
  }

  @Test
  void a_request_that_may_not_be_repeated_ends_with_its_worker_alone() throws OsException {
    PlayedWorker a = harness.worker(seatA, 1, 0);
    PlayedWorker b = harness.worker(seatB, 1, 0);
    client.submit(handle, call().payload("first"));
    client.submit(handle, call().payload("second"));
    assertEquals("first", a.takeOne().payload());
    Taken second = b.takeOne();
    harness.dies(a);
    assertEquals(Reason.WORKER_LOST_OUTCOME_UNKNOWN, client.answer().reason());
    b.end(second, "done");
    assertEquals("done", client.answer().text());
    harness.assertEmpty();
  }

  @Test
  void a_worker_that_comes_back_has_its_share_again() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 2, 0);
    harness.dies(a);
    submit(4);
    List<Taken> ofB = b.take();
    assertEquals(2, ofB.size());
    PlayedWorker again = harness.worker(seatA, 2, 0);
    List<Taken> ofA = again.take();
    assertEquals(2, ofA.size());
    endAll(b, ofB);
    endAll(again, ofA);
    assertAllDone(4);
  }

  @Test
  void a_group_is_as_available_as_its_best_card() throws OsException {
    PlayedWorker a = harness.worker(seatA, 1, 0);
    PlayedWorker b = harness.worker(seatB, 1, 0);
    harness.ends(a, Availability.GIVEN_UP, Death.ORDERED);
    submit(2);
    b.end(b.takeOne(), "done");
    harness.dies(b);
    assertEquals(Availability.COMING, harness.group.availability());
    client.answers();
    client.assertNoAnswer();
    harness.data.availability(seatB, Availability.GIVEN_UP);
    harness.step();
    Answer refused = client.answer();
    assertEquals(Reason.DEVICE_GIVEN_UP, refused.reason(), refused::toString);
    harness.assertEmpty();
  }

  @Test
  void a_card_that_is_being_released_gets_nothing_more_and_the_other_all() throws OsException {
    PlayedWorker a = harness.worker(seatA, 4, 0);
    PlayedWorker b = harness.worker(seatB, 4, 0);
    harness.data.availability(seatA, Availability.RELEASED);
    harness.step();
    submit(4);
    assertEquals(List.of(), a.take());
    List<Taken> ofB = b.take();
    assertEquals(4, ofB.size());
    endAll(b, ofB);
    assertAllDone(4);
  }

  @Test
  void a_worker_cannot_answer_what_another_of_its_group_has() throws OsException {
    PlayedWorker a = harness.worker(seatA, 1, 0);
    PlayedWorker b = harness.worker(seatB, 1, 0);
    submit(1);
    Taken taken = a.takeOne();
    b.answer(taken.correlation(), b.epoch, 0, 0, 0, "forged");
    b.answer(taken.correlation(), a.epoch, 0, 0, 0, "forged");
    client.assertNoAnswer();
    a.end(taken, "real");
    assertEquals("real", client.answer().text());
  }

  @Test
  void a_card_that_has_failed_does_not_fail_a_request_that_may_be_repeated() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 2, 0);
    submit(1);
    hardFail(a, a.takeOne());
    client.assertNoAnswer();
    Taken moved = b.takeOne();
    assertEquals("request 0", moved.payload());
    assertEquals(FLAG_RETRIED, moved.flags() & FLAG_RETRIED);
    b.end(moved, "done");
    assertAllDone(1);
    assertEquals(List.of(), harness.reports);
  }

  @Test
  void one_that_may_not_be_repeated_hears_what_the_card_said() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    harness.worker(seatB, 2, 0);
    client.submit(handle, call());
    hardFail(a, a.takeOne());
    assertEquals(Status.UNAVAILABLE, client.answer().status());
    harness.assertEmpty();
  }

  @Test
  void so_does_one_when_there_is_no_other_card() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    submit(1);
    hardFail(a, a.takeOne());
    assertEquals(Status.UNAVAILABLE, client.answer().status());
    harness.assertEmpty();
  }

  @Test
  void a_card_in_doubt_is_left_alone_for_a_while_and_then_asked_again() throws OsException {
    PlayedWorker a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 2, 0);
    submit(1);
    hardFail(a, a.takeOne());
    List<Taken> ofB = new ArrayList<>(b.take());
    submit(2);
    assertEquals(List.of(), a.take());
    ofB.addAll(b.take());
    assertEquals(2, ofB.size(), "the third waits");
    harness.advance(101 * MILLIS);
    Taken trusted = a.takeOne();
    a.end(trusted, "done");
    endAll(b, ofB);
    assertAllDone(3);
  }

  @Test
  void a_card_that_fails_three_times_in_a_row_costs_its_worker_what_it_answered_counts()
      throws OsException {
    PlayedWorker a = harness.worker(seatA, 8, 0);
    PlayedWorker b = harness.worker(seatB, 8, 0);
    submit(8);
    List<Taken> ofA = a.take();
    assertEquals(4, ofA.size());
    List<Taken> ofB = new ArrayList<>(b.take());
    for (Taken each : ofA.subList(0, 3)) {
      hardFail(a, each);
    }
    harness.step();
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertSame(seatA, harness.reports.get(0).peer());
    assertEquals(
        "its card has failed 3 times in a row, last with code 0x1000005",
        harness.reports.get(0).text());
    a.end(ofA.get(3), "done");
    harness.ends(a, Availability.COMING, Death.CARD_FAILED);
    assertTrue(harness.group.killList().isEmpty(), "no request is suspected");
    ofB.addAll(b.take());
    endAll(b, ofB);
    assertAllDone(8);
  }

  @Test
  void a_right_answer_between_failures_ends_the_doubt() throws OsException {
    PlayedWorker a = harness.worker(seatA, 8, 0);
    PlayedWorker b = harness.worker(seatB, 8, 0);
    submit(8);
    List<Taken> ofA = a.take();
    hardFail(a, ofA.get(0));
    hardFail(a, ofA.get(1));
    a.end(ofA.get(2), "done");
    hardFail(a, ofA.get(3));
    harness.step();
    assertEquals(List.of(), harness.reports);
    endAll(b, b.take());
    assertAllDone(8);
  }

  @Test
  void a_single_device_hands_its_cards_failures_on_and_keeps_its_worker() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    Handle single = client.open(harness.device);
    for (int i = 0; i < 4; i++) {
      client.submit(single, call().idempotent());
      hardFail(worker, worker.takeOne());
      assertEquals(Status.UNAVAILABLE, client.answer().status());
    }
    assertEquals(List.of(), harness.reports);
  }

  @Test
  void an_interactive_request_takes_whichever_card_has_room_beyond_its_window() throws OsException {
    PlayedWorker a = harness.worker(seatA, 1, 0);
    PlayedWorker b = harness.worker(seatB, 1, 1);
    for (int i = 0; i < 4; i++) {
      client.submit(handle, call().priority(2).payload("bulk"));
    }
    assertEquals(1, a.take().size());
    assertEquals(1, b.take().size());
    client.submit(handle, call().priority(PRIORITY_INTERACTIVE).payload("now"));
    assertEquals("now", b.takeOne().payload());
    assertEquals(List.of(), a.take());
  }

  @Test
  void a_suspect_has_one_card_for_itself() throws OsException {
    PlayedClient other = harness.client("uid 2");
    Handle others = other.open(harness.group);
    PlayedWorker a = harness.worker(seatA, 2, 0);
    client.submit(handle, call().payload("kills"));
    a.takeOne();
    harness.dies(a);
    client.answer();
    a = harness.worker(seatA, 2, 0);
    PlayedWorker b = harness.worker(seatB, 2, 0);
    client.submit(handle, call().payload("suspect"));
    other.submit(others, call().payload("one"));
    other.submit(others, call().payload("two"));
    List<String> ofA = a.take().stream().map(Taken::payload).toList();
    List<String> ofB = b.take().stream().map(Taken::payload).toList();
    assertEquals(
        List.of(List.of("one", "two"), List.of("suspect")),
        ofA.contains("suspect") ? List.of(ofB, ofA) : List.of(ofA, ofB));
  }

  @Test
  void a_hung_card_is_reported_and_its_requests_go_to_the_other() throws OsException {
    PlayedWorker a = harness.worker(seatA, 1, 0);
    PlayedWorker b = harness.worker(seatB, 1, 0);
    submit(1);
    Taken hangs = a.takeOne();
    harness.advance(TICK_NANOS);
    harness.advance(HANG_NANOS + 2 * MILLIS);
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertSame(seatA, harness.reports.get(0).peer());
    harness.dies(a);
    Taken moved = b.takeOne();
    assertEquals(hangs.payload(), moved.payload());
    b.end(moved, "done");
    assertAllDone(1);
  }
}
