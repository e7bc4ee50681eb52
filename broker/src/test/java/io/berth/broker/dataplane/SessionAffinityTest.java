// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.HOLDS_NOTHING;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Seat;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which card of a group gets a session's requests when one of them alone has what it made. */
class SessionAffinityTest extends DataPathFixture {
  private static final int HARD_FAIL = 0x01000005;
  private static final int UNAVAILABLE = Reason.DRIVER_ERROR.word(Status.UNAVAILABLE);

  private Seat seatA;
  private Seat seatB;
  private PlayedWorker a;
  private PlayedWorker b;
  private PlayedClient second;
  private Handle seconds;

  @Override
  Handle open(PlayedClient opening) {
    return opening.open(harness.group);
  }

  @BeforeEach
  void two_cards_and_two_sessions() throws OsException {
    seatA = harness.group.seats().get(0);
    seatB = harness.group.seats().get(1);
    a = harness.worker(seatA, 2, 0);
    b = harness.worker(seatB, 4, 0);
    second = harness.client("uid 2");
    seconds = open(second);
  }

  /** The client makes something on card A, which has the smaller window. */
  private void makeOnA() {
    // One is on each card then, so that A is as free as B and not the one that was asked last.
    second.submit(seconds, call());
    second.submit(seconds, call());
    second.submit(seconds, call());
    List<Taken> ofB = b.take();
    List<Taken> ofA = a.take();
    assertEquals(2, ofB.size());
    assertEquals(1, ofA.size());
    a.end(ofA.get(0), "");
    harness.step();
    client.submit(handle, call().operation(MAKE).payload("make"));
    Taken make = a.takeOne();
    ofB.forEach(each -> b.end(each, ""));
    a.end(make, "made");
    assertEquals("made", client.answer().text());
    assertEquals(3, second.answers().size());
  }

  private Taken next(PlayedWorker worker, String payload) {
    client.submit(handle, call().idempotent().payload(payload));
    Taken taken = worker.takeOne();
    assertEquals(payload, taken.payload());
    return taken;
  }

  /** The card that has the only request, or all of them. */
  private PlayedWorker asked() {
    harness.step();
    assertNotEquals(seatA.inFlight() == 0, seatB.inFlight() == 0);
    return seatA.inFlight() > 0 ? a : b;
  }

  /** The card says that it has failed. */
  private static void hardFail(PlayedWorker worker, Taken request) {
    worker.deviceCode(HARD_FAIL);
    worker.answer(request.correlation(), worker.epoch, 0, UNAVAILABLE, 0, "SDR_HARDFAIL");
    worker.deviceCode(0);
  }

  @Test
  void a_session_stays_with_the_card_that_holds_something_for_it() {
    makeOnA();
    Taken first = next(a, "first");
    Taken other = next(a, "second, though A has less room");
    a.end(first, "");
    a.end(other, "");
    assertEquals(2, client.answers().size());
    assertEquals(List.of(), b.take());
    harness.assertEmpty();
  }

  @Test
  void sessions_spread_over_the_cards_though_these_are_idle() throws OsException {
    List<Seat> tied = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      PlayedClient another = harness.client("uid " + i);
      another.submit(open(another), call().operation(MAKE));
      PlayedWorker asked = asked();
      tied.add(asked == a ? seatA : seatB);
      asked.end(asked.takeOne(), "");
      another.answer();
      if (i == 2) {
        harness.closes(another);
        assertEquals(1, a.take().size() * b.take().size(), "both hear that it has left");
      }
    }
    assertNotEquals(tied.get(0), tied.get(1));
    assertEquals(tied.get(2), tied.get(3), "the third has left its card to the fourth");
  }

  @Test
  void it_is_free_again_if_nothing_came_of_the_request() {
    client.submit(handle, call().operation(MAKE));
    PlayedWorker asked = asked();
    asked.fail(asked.takeOne(), Reason.DRIVER_ERROR, "");
    client.answer();
    assertNull(client.session.affinity(harness.group).seat());
  }

  @Test
  void what_is_made_while_more_is_being_made_comes_to_the_same_card() {
    client.submit(handle, call().operation(MAKE));
    client.submit(handle, call().operation(MAKE));
    PlayedWorker asked = asked();
    List<Taken> both = asked.take();
    assertEquals(2, both.size());
    asked.fail(both.get(0), Reason.DRIVER_ERROR, "");
    asked.end(both.get(1), "");
    client.answers();
    assertSame(asked == a ? seatA : seatB, client.session.affinity(harness.group).seat());
  }

  @Test
  void one_whose_card_is_full_waits_and_holds_up_nobody_else() {
    makeOnA();
    Taken one = next(a, "one");
    Taken two = next(a, "two");
    client.submit(handle, call().idempotent().payload("three"));
    second.submit(seconds, call().payload("not held up"));
    assertEquals(List.of(), a.take());
    Taken others = b.takeOne();
    assertEquals("not held up", others.payload());
    assertEquals(1, harness.group.queue().size());
    a.end(one, "");
    Taken three = a.takeOne();
    assertEquals("three", three.payload());
    assertEquals(0, harness.group.queue().size());
    a.end(two, "");
    a.end(three, "");
    b.end(others, "");
    assertEquals(3, client.answers().size());
    assertEquals(1, second.answers().size());
    harness.assertEmpty();
  }

  @Test
  void one_that_waits_for_a_full_card_ends_by_its_deadline() {
    makeOnA();
    next(a, "one");
    next(a, "two");
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    harness.step();
    harness.advance(11 * MILLIS);
    assertEquals(Reason.EXPIRED_BEFORE_DISPATCH, client.answer().reason());
    assertEquals(0, harness.group.queue().size());
  }

  @Test
  void the_more_urgent_of_those_that_wait_for_it_goes_first() {
    makeOnA();
    Taken one = next(a, "one");
    next(a, "two");
    client.submit(handle, call().priority(2).payload("bulk"));
    client.submit(handle, call().priority(1).payload("normal"));
    harness.step();
    a.end(one, "");
    assertEquals("normal", a.takeOne().payload());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void when_its_worker_is_lost_the_session_and_what_waited_go_to_the_other(int priority)
      throws OsException {
    makeOnA();
    next(a, "one");
    next(a, "two");
    client.submit(handle, call().priority(priority).idempotent().payload("three"));
    harness.step();
    harness.dies(a);
    List<String> moved = new ArrayList<>();
    while (moved.size() < 3) { // Two were there when the worker was lost, and now go one by one.
      List<Taken> more = b.take();
      assertFalse(more.isEmpty(), moved::toString);
      more.forEach(each -> moved.add(each.payload()));
      more.forEach(each -> b.end(each, ""));
      harness.step();
    }
    assertEquals(List.of("one", "three", "two"), moved.stream().sorted().toList());
    assertEquals(3, client.answers().size());
    harness.assertEmpty();
    a = harness.worker(seatA, 2, 0);
    assertNull(client.session.affinity(harness.group).seat());
  }

  @Test
  void a_failing_cards_request_is_done_by_the_other_if_it_needs_nothing_that_is_held() {
    makeOnA();
    hardFail(a, next(a, "with a wrapped key"));
    Taken moved = b.takeOne();
    b.end(moved, "done");
    assertEquals("done", client.answer().text());
    a.end(next(a, "still tied"), "");
    client.answer();
    harness.assertEmpty();
  }

  @Test
  void if_it_needs_that_the_client_hears_which_card_has_failed() {
    makeOnA();
    hardFail(a, next(a, "with a session key"));
    b.fail(b.takeOne(), Reason.STALE_HANDLE, "no such number");
    Answer answer = client.answer();
    assertEquals(Reason.WORKER_UNAVAILABLE, answer.reason());
    assertEquals(
        "device echo:group: what this session holds is on echo:group/a, which fails",
        answer.text());
    harness.assertEmpty();
  }

  @Test
  void what_would_be_made_on_a_second_card_fails_instead() {
    makeOnA();
    client.submit(handle, call().operation(MAKE).idempotent());
    hardFail(a, a.takeOne());
    assertEquals(Status.UNAVAILABLE, client.answer().status());
    assertEquals(List.of(), b.take());
    harness.assertEmpty();
  }

  @Test
  void the_first_that_is_made_may_be_made_elsewhere() {
    client.submit(handle, call().operation(MAKE).idempotent());
    PlayedWorker asked = asked();
    PlayedWorker other = asked == a ? b : a;
    hardFail(asked, asked.takeOne());
    other.end(other.takeOne(), "made");
    assertEquals("made", client.answer().text());
    assertSame(other == a ? seatA : seatB, client.session.affinity(harness.group).seat());
  }

  @Test
  void what_one_card_does_not_do_the_other_does_also_what_may_not_be_repeated() {
    client.submit(handle, call().operation(ONCE).payload("one"));
    PlayedWorker asked = asked();
    PlayedWorker other = asked == a ? b : a;
    asked.fail(asked.takeOne(), Reason.ALGORITHM_DISABLED, "failed its known-answer test");
    other.end(other.takeOne(), "done");
    assertEquals("done", client.answer().text());
    client.submit(handle, call().operation(ONCE).payload("two"));
    other.end(other.takeOne(), "done at once");
    assertEquals("done at once", client.answer().text());
    assertEquals(List.of(), asked.take());
    assertEquals(List.of(), harness.reports);
    harness.assertEmpty();
  }

  @Test
  void what_no_card_does_is_refused_with_the_last_ones_reason() {
    for (int i = 0; i < 2; i++) {
      client.submit(handle, call());
      PlayedWorker asked = asked();
      PlayedWorker other = asked == a ? b : a;
      asked.fail(asked.takeOne(), Reason.ALGORITHM_DISABLED, "the first");
      other.fail(other.takeOne(), Reason.ALGORITHM_DISABLED, "the second");
      Answer answer = client.answer();
      assertEquals(Reason.ALGORITHM_DISABLED, answer.reason());
      assertEquals("the second", answer.text());
    }
    harness.assertEmpty();
  }

  @Test
  void an_operation_that_one_card_does_waits_for_it_and_holds_up_nobody_else() {
    client.submit(handle, call().operation(ONCE));
    client.submit(handle, call().operation(ONCE));
    client.submit(handle, call().operation(ONCE));
    client.submit(handle, call().operation(ONCE));
    client.submit(handle, call().operation(ONCE));
    client.submit(handle, call().operation(ONCE));
    List<Taken> ofB = b.take();
    ofB.forEach(each -> b.fail(each, Reason.ALGORITHM_DISABLED, ""));
    List<Taken> ofA = a.take();
    assertEquals(2, ofA.size());
    harness.step();
    assertEquals(4, harness.group.queue().size(), "B has room, and does not do it");
    second.submit(seconds, call().payload("not held up"));
    b.end(b.takeOne(), "");
    assertEquals(1, second.answers().size());
    for (int done = 0; done < 6; done += ofA.size(), ofA = a.take()) {
      ofA.forEach(each -> a.end(each, "done"));
      harness.step();
      assertFalse(ofA.isEmpty(), "only " + done);
    }
    client.answers().forEach(answer -> assertEquals("done", answer.text()));
    harness.assertEmpty();
  }

  @Test
  void a_card_that_comes_back_is_asked_for_everything_again() throws OsException {
    client.submit(handle, call().operation(ONCE));
    PlayedWorker asked = asked();
    asked.fail(asked.takeOne(), Reason.ALGORITHM_DISABLED, "");
    harness.step();
    Seat refuser = asked == a ? seatA : seatB;
    assertTrue(refuser.isLacking(ONCE));
    harness.dies(asked);
    harness.worker(refuser, 2, 0);
    assertFalse(refuser.isLacking(ONCE));
  }

  /** The worker says that it holds nothing for the session any more. */
  private static void endEmpty(PlayedWorker worker, Taken request) {
    worker.deviceCode(HOLDS_NOTHING);
    worker.end(request, "");
    worker.deviceCode(0);
  }

  private Seat tie() {
    harness.step();
    return client.session.affinity(harness.group).seat();
  }

  @Test
  void with_the_last_that_the_card_held_the_tie_ends_and_load_balances_again() {
    makeOnA();
    a.end(next(a, "releases one of two"), "");
    assertSame(seatA, tie());
    endEmpty(a, next(a, "releases the last"));
    assertNull(tie());
    assertEquals(0, client.answers().get(1).deviceCode(), "which is between worker and broker");
    List<Taken> ofBoth = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      client.submit(handle, call());
    }
    List<Taken> ofB = b.take();
    ofBoth.addAll(a.take());
    assertEquals(2, ofB.size());
    assertEquals(1, ofBoth.size());
    client.submit(handle, call().operation(MAKE));
    Taken made = b.takeOne();
    ofB.forEach(each -> b.end(each, ""));
    b.end(made, "");
    assertSame(seatB, tie(), "no session is counted at A any more");
    a.end(ofBoth.get(0), "");
    assertEquals(4, client.answers().size());
    harness.assertEmpty();
  }

  @Test
  void what_is_being_made_when_the_last_is_released_keeps_the_tie() {
    makeOnA();
    client.submit(handle, call().operation(MAKE));
    Taken make = a.takeOne();
    endEmpty(a, next(a, "released before it was made"));
    assertSame(seatA, tie());
    a.end(make, "");
    assertSame(seatA, tie());
  }

  @Test
  void lanes_answer_in_any_order_so_that_what_was_made_meanwhile_keeps_the_tie_too() {
    makeOnA();
    Taken release = next(a, "released before it was made, and answered after");
    client.submit(handle, call().operation(MAKE));
    a.end(a.takeOne(), "");
    endEmpty(a, release);
    assertSame(seatA, tie());
    endEmpty(a, next(a, "released after all that"));
    assertNull(tie());
  }

  @Test
  void only_the_card_that_holds_something_can_say_that_it_does_not() {
    client.submit(handle, call());
    client.submit(handle, call());
    Taken ofA = a.takeOne();
    Taken ofB = b.takeOne();
    client.submit(handle, call().operation(MAKE));
    List<Taken> makes = a.take();
    if (makes.isEmpty()) {
      b.end(b.takeOne(), "");
      endEmpty(a, ofA);
      assertSame(seatB, tie());
    } else {
      a.end(makes.get(0), "");
      endEmpty(b, ofB);
      assertSame(seatA, tie());
    }
  }

  @Test
  void what_is_counted_goes_to_the_first_card_whichever_session_asks_and_wherever_it_is_tied()
      throws OsException {
    second.submit(seconds, call().operation(MAKE));
    PlayedWorker asked = asked();
    asked.end(asked.takeOne(), "");
    if (asked == a) { // Then the other session is tied to B.
      client.submit(handle, call().operation(MAKE));
      b.end(b.takeOne(), "");
    }
    client.submit(handle, call().operation(COUNT).payload("one"));
    second.submit(seconds, call().operation(COUNT).payload("two"));
    second.submit(seconds, call().operation(COUNT).payload("three"));
    assertEquals(List.of(), b.take());
    List<Taken> counted = a.take();
    assertEquals(List.of("one", "two"), counted.stream().map(Taken::payload).toList());
    PlayedClient third = harness.client("uid 3");
    third.submit(open(third), call().payload("not held up"));
    assertEquals("not held up", b.takeOne().payload(), "B has room, and is not asked to count");
    a.end(counted.get(0), "");
    assertEquals("three", a.takeOne().payload());
  }

  @Test
  void when_the_first_card_is_gone_the_second_counts() {
    a.end(counted(a), "");
    harness.dies(a);
    b.end(counted(b), "");
    assertEquals(2, client.answers().size());
  }

  private Taken counted(PlayedWorker worker) {
    client.submit(handle, call().operation(COUNT));
    return worker.takeOne();
  }
}
