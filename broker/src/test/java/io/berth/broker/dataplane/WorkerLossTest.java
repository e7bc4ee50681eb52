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
import io.berth.broker.device.WorkerOffer;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of requests whose worker is lost. */
class WorkerLossTest extends DataPathFixture {
  private void assertAborted(Answer answer) {
    assertEquals(Status.ABORTED, answer.status(), answer::toString);
    assertEquals(Reason.WORKER_LOST_OUTCOME_UNKNOWN, answer.reason());
    assertEquals("device echo:one: its worker was lost", answer.text());
  }

  @Test
  void a_request_is_retried_once_when_idempotent() throws OsException {
    PlayedWorker first = harness.worker(harness.device, 4);
    long correlation = client.submit(handle, call().idempotent().payload("again"));
    Taken taken = first.takeOne();
    assertEquals(0, taken.flags() & FLAG_RETRIED);
    harness.dies(first);
    client.assertNoAnswer();
    PlayedWorker second = harness.worker(harness.device, 4);
    Taken retried = second.takeOne();
    assertEquals(FLAG_RETRIED, retried.flags() & FLAG_RETRIED);
    assertEquals("again", retried.payload());
    assertEquals(second.epoch, retried.epoch());
    second.end(retried, "done");
    Answer answer = client.answer();
    assertEquals(correlation, answer.correlation());
    assertEquals("done", answer.text());
    assertEquals(1, harness.counters.retried.get());
    harness.assertEmpty();
  }

  @Test
  void a_request_that_lost_two_workers_ends_as_outcome_unknown() throws OsException {
    // Two requests: one alone would be found guilty of the second death.
    PlayedWorker first = harness.worker(harness.device, 4);
    client.submit(handle, call().idempotent());
    assertEquals(1, first.take().size());
    harness.ends(first, Availability.COMING, Death.ORDERED);
    PlayedWorker second = harness.worker(harness.device, 4);
    assertEquals(1, second.take().size());
    harness.ends(second, Availability.COMING, Death.ORDERED);
    assertAborted(client.answer());
    harness.assertEmpty();
  }

  @Test
  void a_request_is_not_retried_without_both_the_callers_and_the_drivers_word() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    client.submit(handle, call().operation(ONCE).idempotent());
    client.submit(handle, call().operation(1 + ONCE).idempotent());
    assertEquals(3, worker.take().size());
    harness.dies(worker);
    List<Answer> answers = client.answers();
    assertEquals(3, answers.size());
    answers.forEach(this::assertAborted);
    harness.assertEmpty();
  }

  @Test
  void a_stream_that_has_delivered_a_part_is_not_retried() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(2).idempotent());
    worker.part(worker.takeOne(), 0, "part");
    assertEquals("part", client.answer().text());
    harness.dies(worker);
    assertAborted(client.answer());
    harness.assertEmpty();
  }

  @Test
  void a_request_that_its_caller_has_cancelled_is_not_retried() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long correlation = client.submit(handle, call().idempotent());
    worker.takeOne();
    client.cancel(correlation);
    assertEquals(TYPE_CANCEL, worker.takeOne().type());
    harness.dies(worker);
    assertAborted(client.answer());
    harness.assertEmpty();
  }

  @Test
  void nothing_is_retried_at_a_device_that_is_given_up() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    client.submit(handle, call().idempotent());
    client.submit(handle, call().idempotent());
    assertEquals(1, worker.take().size());
    harness.ends(worker, Availability.GIVEN_UP, Death.BY_ITSELF);
    List<Answer> answers = client.answers();
    assertAborted(answers.get(0));
    assertEquals(Reason.DEVICE_GIVEN_UP, answers.get(1).reason());
    harness.assertEmpty();
  }

  @Test
  void answers_that_the_worker_wrote_before_it_died_are_delivered() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    client.submit(handle, call());
    List<Taken> taken = worker.take();
    worker.end(taken.get(0), "in time");
    harness.dies(worker);
    List<Answer> answers = client.answers();
    assertEquals("in time", answers.get(0).text());
    assertAborted(answers.get(1));
    harness.assertEmpty();
  }

  @Test
  void answers_that_the_worker_wrote_before_its_doorbell_closed_are_delivered() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long early = client.submit(handle, call());
    Taken taken = worker.takeOne();
    // The worker answers and dies; the next request is on its way to it meanwhile.
    worker.writeWithoutPublishing(taken, "in time");
    harness.putToSleep(worker);
    client.submit(handle, call());
    worker.writer.publish();
    worker.memory.link().closePeersEnds();
    Answer answer = client.answer();
    assertEquals(early, answer.correlation());
    assertEquals("in time", answer.text());
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertEquals("doorbell closed", harness.reports.get(0).text());
  }

  @Test
  void answers_of_another_epoch_are_dropped() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    worker.answer(taken.correlation(), worker.epoch - 1, 0, 0, 0, "of the past");
    worker.answer(taken.correlation(), worker.epoch + 1, 0, 0, 0, "of the future");
    client.assertNoAnswer();
    assertEquals(2, harness.counters.late.get());
    worker.end(taken, "now");
    assertEquals("now", client.answer().text());
    assertEquals(List.of(), harness.reports);
  }

  @Test
  void an_answer_to_a_request_that_has_ended_is_dropped() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    worker.end(taken, "first");
    worker.end(taken, "second");
    assertEquals("first", client.answer().text());
    client.submit(handle, call());
    Taken next = worker.takeOne();
    worker.end(taken, "third");
    client.assertNoAnswer();
    worker.end(next, "");
    client.answer();
    assertEquals(2, harness.counters.late.get());
    harness.assertEmpty();
  }

  @Test
  void a_worker_cannot_answer_another_devices_request() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    PlayedWorker liar = harness.worker(harness.other, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    liar.answer(taken.correlation(), liar.epoch, 0, 0, 0, "forged");
    liar.answer(taken.correlation(), worker.epoch, 0, 0, 0, "forged");
    client.assertNoAnswer();
    worker.end(taken, "real");
    assertEquals("real", client.answer().text());
  }

  @Test
  void abandoned_requests_free_their_slots_when_the_worker_is_gone() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    worker.takeOne();
    harness.advance(11 * MILLIS);
    assertEquals(Reason.EXPIRED_IN_FLIGHT, client.answer().reason());
    assertEquals(1, harness.requests.used());
    harness.dies(worker);
    client.assertNoAnswer();
    harness.assertEmpty();
  }

  @Test
  void a_request_that_kills_its_worker_again_is_blocked_while_others_go_on() throws OsException {
    PlayedClient bystander = harness.client("uid 2");
    Handle bystanders = bystander.open(harness.device);
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().payload("poison"));
    worker.takeOne();
    harness.dies(worker);
    assertEquals(Boolean.FALSE, harness.blockedByLastDeath);
    client.answer();

    worker = harness.worker(harness.device, 4);
    bystander.submit(bystanders, call().payload("fine"));
    worker.end(worker.takeOne(), "");
    bystander.answer();
    client.submit(handle, call().payload("poison"));
    assertEquals("poison", worker.takeOne().payload());
    bystander.submit(bystanders, call().payload("waits"));
    assertEquals(List.of(), worker.take(), "nothing goes out beside a suspect");
    harness.dies(worker);
    assertEquals(Boolean.TRUE, harness.blockedByLastDeath);
    assertEquals(Reason.REQUEST_KILLS_WORKER, client.answer().reason());

    worker = harness.worker(harness.device, 4);
    assertEquals("waits", worker.takeOne().payload());
    client.submit(handle, call().payload("poison"));
    Answer refused = client.answer();
    assertEquals(Reason.REQUEST_KILLS_WORKER, refused.reason());
    assertEquals(Status.FAILED_PRECONDITION, refused.status());
    client.submit(handle, call().operation(ONCE).payload("another operation"));
    assertEquals("another operation", worker.takeOne().payload());
    harness.advance(60_001 * MILLIS - 1_000 * MILLIS);
  }

  @Test
  void a_worker_stopped_on_purpose_makes_nobody_a_suspect() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    worker.takeOne();
    harness.ends(worker, Availability.COMING, Death.ORDERED);
    assertAborted(client.answer());
    assertTrue(harness.device.killList().isEmpty());
  }

  @Test
  void a_suspect_is_not_passed_for_ever_by_a_principal_with_a_backlog() throws OsException {
    PlayedClient busy = harness.client("uid 2");
    Handle busyHandle = busy.open(harness.device);
    PlayedWorker worker = harness.worker(harness.device, 3);
    client.submit(handle, call());
    worker.takeOne();
    harness.dies(worker);
    client.answer();
    worker = harness.worker(harness.device, 3);
    for (int i = 0; i < 6; i++) {
      busy.submit(busyHandle, call().payload("busy"));
    }
    List<Taken> held = new ArrayList<>(worker.take());
    client.submit(handle, call().payload("suspect"));
    boolean came = false;
    for (int i = 0; i < 20 && !came; i++) {
      worker.end(held.remove(0), "");
      busy.answer();
      busy.submit(busyHandle, call().payload("busy"));
      List<Taken> more = worker.take();
      held.addAll(more);
      came = more.stream().anyMatch(taken -> taken.payload().equals("suspect"));
    }
    assertTrue(came, "20 requests of a later turn passed a suspect");
  }

  @Test
  void a_worker_without_heartbeat_is_reported_once() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    worker.silent = true;
    harness.advance(HEARTBEAT_TIMEOUT_NANOS);
    assertEquals(List.of(), harness.reports);
    harness.advance(2 * MILLIS);
    harness.advance(2 * MILLIS);
    assertEquals(1, harness.reports.size());
    assertEquals("no heartbeat for 1002 ms", harness.reports.get(0).text());
  }

  @Test
  void a_request_too_long_on_the_device_gets_its_worker_reported() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    worker.takeOne();
    harness.advance(TICK_NANOS);
    harness.advance(HANG_NANOS);
    assertEquals(Reason.EXPIRED_IN_FLIGHT, client.answer().reason());
    assertEquals(List.of(), harness.reports);
    harness.advance(2 * MILLIS);
    assertEquals(
        "request on the device without progress for 5002 ms >= 5000",
        harness.reports.get(0).text());
  }

  @Test
  void a_heartbeat_in_the_future_is_no_eternal_life() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    worker.memory.link().client().heartbeatOpaque(Long.MAX_VALUE);
    worker.silent = true;
    harness.advance(MILLIS);
    harness.advance(HEARTBEAT_TIMEOUT_NANOS);
    assertEquals(List.of(), harness.reports);
    harness.advance(2 * MILLIS);
    assertEquals("no heartbeat for 1002 ms", harness.reports.get(0).text());
  }

  @Test
  void a_worker_whose_clock_runs_ahead_lives_as_long_as_it_beats() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    worker.silent = true;
    for (int i = 0; i < 20; i++) {
      worker.memory.link().client().heartbeatOpaque(harness.nowNanos() + 3_600_000 * MILLIS);
      harness.advance(HEARTBEAT_TIMEOUT_NANOS / 2);
    }
    assertEquals(List.of(), harness.reports);
  }

  @Test
  void a_worker_that_cannot_be_attached_is_reported() throws OsException {
    PlayedWorker worker = new PlayedWorker(harness, harness.device.seats().get(0), 99);
    worker.memory.close(); // Its doorbell cannot be watched.
    harness.data.attach(
        harness.device.seats().get(0), worker.link, new WorkerOffer(4, 0, Map.of()));
    harness.step();
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertTrue(harness.reports.get(0).text().startsWith("epoll_ctl -"), harness.reports::toString);
    assertNull(harness.device.seats().get(0).link());
  }

  @Test
  void retried_requests_keep_their_order() throws OsException {
    PlayedWorker first = harness.worker(harness.device, 8);
    for (int i = 0; i < 3; i++) {
      client.submit(handle, call().idempotent().payload("first " + i));
    }
    List<Taken> taken = first.take();
    // Slots are reused in another order than that of their numbers.
    for (int i : new int[] {1, 0, 2}) {
      first.end(taken.get(i), "");
      client.answer();
    }
    for (int i = 0; i < 4; i++) {
      client.submit(handle, call().idempotent().payload("second " + i));
      harness.step();
    }
    client.submit(handle, call().idempotent().payload("second 4"));
    client.submit(handle, call().idempotent().payload("second 5"));
    assertEquals(6, first.take().size());
    harness.ends(first, Availability.COMING, Death.ORDERED);
    PlayedWorker second = harness.worker(harness.device, 8);
    assertEquals(
        List.of("second 0", "second 1", "second 2", "second 3", "second 4", "second 5"),
        second.take().stream().map(Taken::payload).toList());
  }

  @Test
  void poison_among_harmless_requests_of_one_operation_is_blocked() throws OsException {
    int kills = 0;
    PlayedWorker worker = harness.worker(harness.device, 4);
    while (kills < 10 && !Boolean.TRUE.equals(harness.blockedByLastDeath)) {
      client.submit(handle, call().payload("harmless"));
      worker.end(worker.takeOne(), "");
      client.answer();
      client.submit(handle, call().payload("poison"));
      worker.takeOne();
      harness.dies(worker);
      kills++;
      client.answer();
      worker = harness.worker(harness.device, 4);
    }
    assertEquals(2, kills);
    client.submit(handle, call().payload("harmless"));
    assertEquals(Reason.REQUEST_KILLS_WORKER, client.answer().reason());
  }

  @Test
  void poison_in_company_is_found_out_although_harmless_requests_come_between() throws OsException {
    PlayedClient innocent = harness.client("uid 2");
    Handle innocentHandle = innocent.open(harness.device);
    int kills = 0;
    while (kills < 20 && !Boolean.TRUE.equals(harness.blockedByLastDeath)) {
      PlayedWorker worker = harness.worker(harness.device, 4);
      // What it takes to be trusted again after one death.
      client.submit(handle, call().payload("harmless"));
      innocent.submit(innocentHandle, call());
      worker.take().forEach(taken -> worker.end(taken, ""));
      worker.take().forEach(taken -> worker.end(taken, ""));
      client.answers();
      innocent.answers();
      innocent.submit(innocentHandle, call());
      client.submit(handle, call().payload("poison"));
      List<Taken> held = new ArrayList<>();
      while (held.stream().noneMatch(taken -> taken.payload().equals("poison"))) {
        held.forEach(taken -> worker.end(taken, ""));
        held = new ArrayList<>(worker.take());
        assertFalse(held.isEmpty(), "the poison never comes");
      }
      harness.dies(worker);
      kills++;
      client.answers();
      innocent.answers();
    }
    assertEquals(4, kills, "twice in company, then twice alone");
    PlayedWorker worker = harness.worker(harness.device, 4);
    innocent.submit(innocentHandle, call().payload("innocent"));
    worker.end(worker.takeOne(), "");
    assertEquals(Status.OK, innocent.answer().status());
  }

  @Test
  void nobody_is_blocked_for_workers_that_are_killed_from_outside() throws OsException {
    for (int i = 0; i < 10; i++) {
      PlayedWorker worker = harness.worker(harness.device, 4);
      client.submit(handle, call());
      worker.end(worker.takeOne(), "");
      client.answer();
      client.submit(handle, call());
      worker.takeOne();
      harness.ends(worker, Availability.COMING, Death.FROM_OUTSIDE);
      assertAborted(client.answer());
    }
  }
}
