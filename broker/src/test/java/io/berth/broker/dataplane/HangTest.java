// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which workers count as hung: those that get nowhere, not those whose requests last. */
class HangTest extends DataPathFixture {
  private static final long SHORTER_NANOS = HANG_NANOS - 10 * TICK_NANOS;
  private static final long LONGER_NANOS = HANG_NANOS + 10 * TICK_NANOS;
  private static final long STEP_NANOS = 250 * MILLIS;

  /** As time passes: in small steps, each with its tick, the first of them soon. */
  private void passes(long nanos) {
    harness.advance(TICK_NANOS);
    for (long left = nanos - TICK_NANOS; left > 0; left -= STEP_NANOS) {
      harness.advance(Math.min(left, STEP_NANOS));
    }
  }

  private void assertHealthy() {
    assertEquals(List.of(), harness.reports);
  }

  private void assertHangs() {
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertSame(harness.device.seats().get(0), harness.reports.get(0).peer());
    assertTrue(
        harness.reports.get(0).text().startsWith("request on the device without progress for 5"),
        harness.reports::toString);
  }

  /** Of a worker that has stood still for the shorter time. */
  private void assertHangsFromNowOn() {
    assertHealthy();
    passes(LONGER_NANOS - SHORTER_NANOS);
    assertHangs();
  }

  @Test
  void a_stream_that_waits_for_its_reader_keeps_its_worker() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long stream = client.submit(handle, call().stream(0));
    Taken taken = worker.takeOne();
    passes(3 * HANG_NANOS);
    assertHealthy();
    client.credit(stream, 1);
    worker.take();
    passes(SHORTER_NANOS);
    worker.part(taken, 0, "part");
    passes(2 * HANG_NANOS);
    worker.end(taken, "");
    assertEquals(2, client.answers().size());
    assertHealthy();
  }

  @Test
  void a_stream_whose_parts_flow_may_last() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(5));
    Taken taken = worker.takeOne();
    for (int part = 0; part < 4; part++) {
      passes(SHORTER_NANOS);
      worker.part(taken, part, "part");
      harness.step();
    }
    passes(SHORTER_NANOS);
    assertHangsFromNowOn();
  }

  @Test
  void a_stream_that_hangs_after_its_reader_has_given_credit_is_found() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long stream = client.submit(handle, call().stream(0));
    worker.takeOne();
    passes(HANG_NANOS);
    client.credit(stream, 1);
    harness.step();
    for (int i = 0; i < 4; i++) {
      passes(SHORTER_NANOS / 4);
      client.credit(stream, 1); // More of it is no progress.
    }
    assertHangsFromNowOn();
  }

  @Test
  void a_stream_that_nobody_waits_for_any_more_is_to_end_in_time() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(0).deadline(harness.nowNanos() + 2 * HANG_NANOS));
    worker.takeOne();
    passes(2 * HANG_NANOS);
    assertEquals(Reason.EXPIRED_IN_FLIGHT, client.answer().reason());
    passes(SHORTER_NANOS);
    assertHangsFromNowOn();
  }

  @Test
  void a_stream_that_is_cancelled_is_to_end_in_time() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    long stream = client.submit(handle, call().stream(0));
    worker.takeOne();
    passes(2 * HANG_NANOS);
    client.cancel(stream);
    harness.step();
    passes(SHORTER_NANOS);
    assertHangsFromNowOn();
  }

  @Test
  void requests_that_wait_inside_the_worker_are_not_taken_for_hung() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    for (int i = 0; i < 4; i++) {
      client.submit(handle, call());
    }
    for (Taken each : worker.take()) {
      passes(SHORTER_NANOS);
      worker.end(each, "");
      harness.step();
    }
    assertEquals(4, client.answers().size());
    assertHealthy();
  }

  @Test
  void a_lane_that_hangs_beside_others_that_work_is_found() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().payload("slow"));
    client.submit(handle, call().payload("hangs"));
    final Taken slow = worker.take().get(0);
    workBesideFor(worker, SHORTER_NANOS);
    worker.end(slow, "");
    harness.step();
    workBesideFor(worker, SHORTER_NANOS);
    assertHangsFromNowOn();
  }

  private void workBesideFor(PlayedWorker worker, long nanos) {
    harness.advance(TICK_NANOS);
    for (long left = nanos - TICK_NANOS; left > 0; left -= STEP_NANOS) {
      long other = client.submit(handle, call());
      worker.end(worker.takeOne(), "");
      harness.advance(Math.min(left, STEP_NANOS));
      assertTrue(client.answers().stream().anyMatch(answer -> answer.correlation() == other));
    }
  }

  @Test
  void a_lane_that_hangs_beside_a_stream_is_found_when_that_has_ended() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().stream(16).deadline(harness.nowNanos() + 3 * HANG_NANOS));
    client.submit(handle, call().payload("hangs"));
    final Taken stream = worker.take().get(0);
    for (int part = 0; part < 3; part++) {
      passes(SHORTER_NANOS);
      worker.part(stream, part, "part");
      harness.step();
    }
    // Its deadline ends it, if nothing else does.
    passes(LONGER_NANOS - SHORTER_NANOS);
    passes(LONGER_NANOS - SHORTER_NANOS);
    assertEquals(TYPE_CANCEL, worker.takeOne().type());
    worker.fail(stream, Reason.CANCELLED, "");
    harness.step();
    passes(SHORTER_NANOS);
    assertHangsFromNowOn();
  }

  /** Whose like has killed a worker has the device for itself: nobody else is to wait for long. */
  @Test
  void a_suspect_stream_is_ended_when_it_has_held_the_device_for_too_long() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().operation(ONCE));
    worker.takeOne();
    harness.dies(worker);
    client.answer();
    worker = harness.worker(harness.device, 4);
    client.submit(handle, call().operation(ONCE).stream(16));
    Taken suspect = worker.takeOne();
    client.submit(handle, call().payload("waits"));
    passes(HANG_NANOS / 2);
    worker.part(suspect, 0, "part");
    passes(HANG_NANOS / 2 + 10 * TICK_NANOS);
    assertEquals("part", client.answers().get(0).text());
    assertEquals(TYPE_CANCEL, worker.takeOne().type());
    worker.fail(suspect, Reason.CANCELLED, "");
    Taken next = worker.takeOne();
    assertEquals("waits", next.payload());
    worker.end(next, "");
    assertEquals(Status.OK, client.answer().status());
    assertHealthy();
    harness.assertEmpty();
  }

  @Test
  void the_end_of_a_suspect_stream_says_why() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().operation(ONCE));
    worker.takeOne();
    harness.dies(worker);
    client.answer();
    worker = harness.worker(harness.device, 4);
    client.submit(handle, call().operation(ONCE).stream(0));
    worker.takeOne();
    passes(LONGER_NANOS);
    Answer end = client.answer();
    assertEquals(Reason.EXPIRED_IN_FLIGHT, end.reason());
    assertTrue(end.text().contains("suspected of killing workers"), end::toString);
    assertHealthy();
  }
}
