// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.COMPUTED_OUTSIDE;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedJournal.Use;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.policy.Rights;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every request that a worker was given is recorded once, whatever became of it and of its client.
 */
class KeyUseRecordingTest extends DataPathFixture {
  @Override
  Handle open(PlayedClient opening) {
    return opening.openAudited(harness.device);
  }

  private void assertUsedOnce(int operation, Status status, Reason reason) {
    assertEquals(
        List.of(new Use(client.session.id(), handle.word(), operation, status, reason)),
        harness.journal.take());
  }

  @Test
  void an_answered_request_is_recorded_with_its_outcome() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    worker.end(worker.takeOne(), "");
    client.answer();
    assertUsedOnce(ECHO, Status.OK, Reason.NONE);
    client.submit(handle, call().operation(ONCE));
    worker.fail(worker.takeOne(), Reason.DRIVER_ERROR, "");
    client.answer();
    assertUsedOnce(ONCE, Status.INTERNAL, Reason.DRIVER_ERROR);
  }

  @Test
  void a_record_names_the_card_and_what_its_software_computed() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    for (int code : new int[] {0, COMPUTED_OUTSIDE, 0}) {
      client.submit(handle, call());
      worker.deviceCode(code);
      worker.end(worker.takeOne(), "");
      assertEquals(0, client.answer().deviceCode(), "which is not the client's to be told");
    }
    worker.deviceCode(COMPUTED_OUTSIDE);
    client.submit(handle, call());
    worker.fail(worker.takeOne(), Reason.DRIVER_ERROR, "");
    client.answer();
    assertEquals(
        List.of(
            "echo:one, card 1",
            "echo:one, card 1; in part by software",
            "echo:one, card 1",
            "echo:one, card 1"),
        harness.journal.modules());
  }

  @Test
  void of_a_group_the_card_that_had_it_is_named() throws OsException {
    Handle grouped = client.openAudited(harness.group);
    PlayedWorker a = harness.worker(harness.group.seats().get(0), 1, 0);
    PlayedWorker b = harness.worker(harness.group.seats().get(1), 1, 0);
    client.submit(grouped, call());
    client.submit(grouped, call());
    a.takeOne();
    b.end(b.takeOne(), "");
    harness.step();
    harness.dies(a);
    assertEquals(
        List.of("echo:group/b, card 2", "echo:group/a, card 1"), harness.journal.modules());
  }

  @Test
  void every_card_that_may_have_executed_a_request_is_named() throws OsException {
    Handle grouped = client.openAudited(harness.group);
    PlayedWorker a = harness.worker(harness.group.seats().get(0), 1, 0);
    client.submit(grouped, call().idempotent());
    Taken failed = a.takeOne();
    PlayedWorker b = harness.worker(harness.group.seats().get(1), 1, 0);
    fails(a, failed);
    b.takeOne();
    harness.dies(b);
    Taken again = a.takeOne();
    a.deviceCode(COMPUTED_OUTSIDE);
    a.end(again, "");
    client.answer();
    assertEquals(
        List.of(
            "echo:group/a, card 1; in part by software; begun before by"
                + " echo:group/a, card 1; echo:group/b, card 2"),
        harness.journal.modules());
  }

  @Test
  void one_that_never_got_a_second_try_names_the_card_of_its_first() throws OsException {
    Handle grouped = client.openAudited(harness.group);
    PlayedWorker a = harness.worker(harness.group.seats().get(0), 1, 0);
    client.submit(grouped, call().idempotent().deadline(harness.nowNanos() + 10 * MILLIS));
    a.takeOne();
    harness.dies(a);
    harness.advance(11 * MILLIS);
    client.answer();
    assertEquals(List.of("echo:group/a, card 1"), harness.journal.modules());
  }

  @Test
  void a_card_that_refused_a_request_has_not_executed_it() throws OsException {
    Handle grouped = client.openAudited(harness.group);
    PlayedWorker a = harness.worker(harness.group.seats().get(0), 1, 0);
    client.submit(grouped, call().idempotent());
    Taken refused = a.takeOne();
    PlayedWorker b = harness.worker(harness.group.seats().get(1), 1, 0);
    a.fail(refused, Reason.ALGORITHM_DISABLED, "");
    b.end(b.takeOne(), "");
    client.answer();
    assertEquals(List.of("echo:group/b, card 2"), harness.journal.modules());
  }

  private static void fails(PlayedWorker worker, Taken request) {
    worker.deviceCode(0x01000005);
    worker.answer(
        request.correlation(),
        worker.epoch,
        0,
        Reason.DRIVER_ERROR.word(Status.UNAVAILABLE),
        0,
        "SDR_HARDFAIL");
    worker.deviceCode(0);
  }

  @Test
  void a_request_that_expired_in_flight_is_recorded_with_what_the_worker_made_of_it()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    Taken taken = worker.takeOne();
    harness.advance(11 * MILLIS);
    assertEquals(Reason.EXPIRED_IN_FLIGHT, client.answer().reason());
    assertEquals(List.of(), harness.journal.take(), "the card may still be at it");
    worker.end(taken, "plaintext");
    harness.step();
    assertUsedOnce(ECHO, Status.OK, Reason.NONE);
    harness.assertEmpty();
  }

  @Test
  void a_request_cancelled_in_flight_is_recorded_with_what_the_worker_made_of_it()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long correlation = client.submit(handle, call());
    Taken taken = worker.takeOne();
    client.cancel(correlation);
    worker.take();
    worker.fail(taken, Reason.CANCELLED, "");
    client.answer();
    assertUsedOnce(ECHO, Status.CANCELLED, Reason.CANCELLED);
  }

  @Test
  void a_request_whose_client_left_is_recorded_when_the_worker_lets_go() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    harness.closes(client);
    worker.end(taken, "for nobody");
    harness.step();
    assertUsedOnce(ECHO, Status.OK, Reason.NONE);
    harness.assertEmpty();
  }

  @Test
  void a_request_whose_worker_was_lost_is_recorded_with_unknown_outcome() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    worker.takeOne();
    harness.dies(worker);
    assertEquals(Reason.WORKER_LOST_OUTCOME_UNKNOWN, client.answer().reason());
    assertUsedOnce(ECHO, Status.ABORTED, Reason.WORKER_LOST_OUTCOME_UNKNOWN);
  }

  @Test
  void a_request_that_lost_its_client_and_then_its_worker_is_recorded_with_unknown_outcome()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    worker.takeOne();
    harness.closes(client);
    harness.dies(worker);
    assertUsedOnce(ECHO, Status.ABORTED, Reason.WORKER_LOST_OUTCOME_UNKNOWN);
    harness.assertEmpty();
  }

  @Test
  void a_retried_request_is_recorded_once_however_its_second_try_ends() throws OsException {
    PlayedWorker first = harness.worker(harness.device, 4);
    client.submit(handle, call().idempotent());
    first.takeOne();
    harness.ends(first, Availability.COMING, Death.ORDERED);
    assertEquals(List.of(), harness.journal.take(), "it has not ended");
    PlayedWorker second = harness.worker(harness.device, 4);
    second.end(second.takeOne(), "");
    client.answer();
    assertUsedOnce(ECHO, Status.OK, Reason.NONE);
  }

  @Test
  void a_retried_request_that_ends_in_the_queue_is_recorded_with_unknown_outcome()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().idempotent().deadline(harness.nowNanos() + 10 * MILLIS));
    worker.takeOne();
    harness.ends(worker, Availability.COMING, Death.ORDERED);
    harness.advance(11 * MILLIS);
    client.answer();
    assertUsedOnce(ECHO, Status.ABORTED, Reason.WORKER_LOST_OUTCOME_UNKNOWN);
    long cancelled = client.submit(handle, call().idempotent());
    worker = harness.worker(harness.device, 4);
    worker.takeOne();
    harness.ends(worker, Availability.COMING, Death.ORDERED);
    client.cancel(cancelled);
    client.answer();
    assertUsedOnce(ECHO, Status.ABORTED, Reason.WORKER_LOST_OUTCOME_UNKNOWN);
  }

  @Test
  void what_no_worker_was_given_is_no_use() {
    client.submit(handle, call().deadline(harness.nowNanos() + 10 * MILLIS));
    long cancelled = client.submit(handle, call());
    client.submit(handle, call());
    client.cancel(cancelled);
    harness.advance(11 * MILLIS);
    assertEquals(2, client.answers().size());
    harness.closes(client);
    assertEquals(List.of(), harness.journal.take());
    harness.assertEmpty();
  }

  @Test
  void a_request_that_the_handle_does_not_allow_is_told_to_the_journal() {
    handle = client.openNarrowed(harness.device, Rights.of(Permission.SIGN, 1));
    client.submit(handle, call().operation(HsmOperation.RSA_SIGN));
    assertEquals(Reason.NOT_PERMITTED, client.answer().reason());
    assertEquals(1, harness.journal.refusals);
    assertEquals(HsmOperation.RSA_SIGN, harness.journal.lastRefused);
    client.submit(handle, call().operation(HsmOperation.SM2_VERIFY));
    assertEquals(Reason.NOT_PERMITTED, client.answer().reason());
    assertEquals(2, harness.journal.refusals);
  }

  @Test
  void a_family_that_the_handle_allows_reaches_the_worker() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    handle = client.openNarrowed(harness.device, Rights.of(Permission.SIGN, 1));
    client.submit(handle, call().operation(HsmOperation.SM2_SIGN));
    worker.end(worker.takeOne(), "signature");
    assertEquals(Status.OK, client.answer().status());
    assertEquals(0, harness.journal.refusals);
  }
}
