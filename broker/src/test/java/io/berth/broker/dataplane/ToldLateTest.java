// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CREDIT and CANCEL for a worker whose ring is full. */
class ToldLateTest {
  private static final int SLOTS = 512;
  private static final int BACKLOG = 80;

  private DataPathHarness harness;
  private PlayedClient client;
  private PlayedWorker worker;
  private Handle handle;

  @BeforeEach
  void set_up() throws OsException {
    harness = new DataPathHarness(SLOTS, SLOTS);
    client = harness.client("uid 1", 128, 1 << 20);
    handle = client.open(harness.device);
    harness.account("uid 1").inFlightLimit(SLOTS);
    worker = harness.worker(harness.device, SLOTS);
  }

  @AfterEach
  void tear_down() {
    harness.close();
  }

  /**
   * Requests of the largest size, until what comes waits in the broker; and then credit for another
   * stream, until not even that finds room.
   */
  private void fillTheRing() {
    final long filler = client.submit(handle, call().stream(1).payload("filler"));
    for (int i = 0; i < BACKLOG; i++) {
      client.submit(handle, call().payload("x".repeat(MAX_INLINE_BYTES)));
      if (i % 16 == 0) {
        harness.step(); // Neither may the client's own ring be overrun.
      }
    }
    harness.step();
    assertTrue(harness.device.queue().size() > 0, "the ring holds all of it");
    assertTrue(harness.device.inFlight() < harness.device.window());
    while (harness.counters.toldLate.get() == 0) {
      client.credit(filler, 1);
      harness.step();
    }
  }

  private List<Taken> ofType(List<Taken> all, int type) {
    return all.stream().filter(taken -> taken.type() == type).toList();
  }

  /** What the worker reads, time and again, while time passes. */
  private List<Taken> everythingFrom(PlayedWorker from) {
    List<Taken> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.addAll(from.take());
      harness.advance(TICK_NANOS);
    }
    return all;
  }

  @Test
  void credit_that_found_the_ring_full_reaches_the_worker_when_there_is_room() {
    long stream = client.submit(handle, call().stream(1));
    harness.step();
    fillTheRing();
    client.credit(stream, 1);
    client.credit(stream, 2);
    harness.step();
    assertEquals(3, harness.counters.toldLate.get());
    List<Taken> all = everythingFrom(worker);
    long correlation = all.get(0).correlation();
    List<Taken> credits =
        ofType(all, TYPE_CREDIT).stream()
            .filter(taken -> taken.correlation() == correlation)
            .toList();
    assertEquals(1, credits.size());
    assertEquals(3, credits.get(0).credit());
  }

  @Test
  void a_cancel_that_found_the_ring_full_reaches_the_worker_once() {
    long first = client.submit(handle, call());
    harness.step();
    fillTheRing();
    client.cancel(first);
    harness.step();
    assertEquals(1, ofType(everythingFrom(worker), TYPE_CANCEL).size());
    assertEquals(0, ofType(everythingFrom(worker), TYPE_CANCEL).size());
  }

  @Test
  void a_client_that_cancels_without_end_leaves_the_workers_ring_to_the_others() {
    long first = client.submit(handle, call());
    harness.step();
    for (int i = 0; i < 100; i++) {
      client.cancel(first);
    }
    client.submit(handle, call());
    assertEquals(
        List.of(TYPE_REQUEST, TYPE_CANCEL, TYPE_REQUEST),
        everythingFrom(worker).stream().map(Taken::type).toList());
  }

  @Test
  void requests_that_wait_do_not_take_the_room_from_what_is_to_be_told() {
    long stream = client.submit(handle, call().stream(1));
    harness.step();
    fillTheRing();
    client.credit(stream, 1);
    harness.step();
    List<Taken> first = worker.take();
    worker.end(first.get(2), ""); // The queue moves up now.
    List<Taken> second = worker.take();
    assertEquals(
        List.of(TYPE_CREDIT, TYPE_CREDIT, TYPE_REQUEST),
        second.stream().limit(3).map(Taken::type).toList(),
        harness.reports::toString);
  }

  @Test
  void what_a_lost_worker_was_to_be_told_is_not_told_to_the_next() throws OsException {
    long stream = client.submit(handle, call().stream(1).idempotent());
    harness.step();
    fillTheRing();
    client.credit(stream, 2);
    harness.step();
    harness.ends(worker, Availability.COMING, Death.ORDERED);
    PlayedWorker next = harness.worker(harness.device, SLOTS);
    List<Taken> all = everythingFrom(next);
    assertEquals(3, ofType(all, TYPE_REQUEST).get(0).credit());
    assertEquals(List.of(), ofType(all, TYPE_CREDIT));
  }

  @Test
  void what_was_to_be_told_of_a_request_that_has_ended_is_forgotten() {
    long first = client.submit(handle, call());
    harness.step();
    fillTheRing();
    client.cancel(first);
    harness.step();
    List<Taken> taken = worker.take();
    worker.end(taken.get(0), "done meanwhile");
    assertEquals(0, ofType(everythingFrom(worker), TYPE_CANCEL).size());
  }
}
