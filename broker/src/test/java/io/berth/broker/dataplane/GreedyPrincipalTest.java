// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.PlayedClient.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Principals that take whatever they get, over as many sessions as they like. */
class GreedyPrincipalTest {
  private static final int SLOTS = 60;
  private static final int QUEUE_LIMIT = 12;

  private DataPathHarness harness;

  @AfterEach
  void tear_down() {
    harness.close();
  }

  /** Submits from new sessions of the principal until one is refused; returns how many were not. */
  private int fill(String principal, Device device, Reason refusal) throws OsException {
    int taken = 0;
    List<Answer> refused = List.of();
    while (refused.isEmpty()) {
      PlayedClient client = harness.client(principal);
      Handle handle = client.open(device);
      for (int i = 0; i < client.session.maxInFlight() && refused.isEmpty(); i++) {
        client.submit(handle, call().payload(principal));
        refused = client.answers();
        taken++;
      }
    }
    assertEquals(refusal, refused.get(0).reason(), refused::toString);
    return taken - 1;
  }

  @Test
  void one_principal_cannot_fill_a_devices_queue() throws OsException {
    harness = new DataPathHarness(SLOTS, QUEUE_LIMIT);
    assertEquals(QUEUE_LIMIT / 2, fill("uid 1", harness.device, Reason.PRINCIPAL_LIMIT));
    assertEquals(QUEUE_LIMIT / 4, fill("uid 2", harness.device, Reason.PRINCIPAL_LIMIT));
    PlayedClient modest = harness.client("uid 3");
    Handle handle = modest.open(harness.device);
    modest.submit(handle, call().payload("modest"));
    modest.assertNoAnswer();
    PlayedWorker worker = harness.worker(harness.device, 3);
    assertEquals(
        List.of("uid 1", "uid 2", "modest"), worker.take().stream().map(Taken::payload).toList());
  }

  @Test
  void a_refusal_for_its_share_tells_the_numbers() throws OsException {
    harness = new DataPathHarness(SLOTS, 4);
    PlayedClient client = harness.client("uid 1");
    Handle handle = client.open(harness.device);
    client.submit(handle, call());
    client.submit(handle, call());
    client.submit(handle, call());
    Answer answer = client.answer();
    assertEquals(Reason.PRINCIPAL_LIMIT, answer.reason());
    assertEquals(
        "device echo:one: uid 1: queued 2 >= free places (in flight 0/0, queued 2/4)",
        answer.text());
  }

  @Test
  void what_has_left_the_queue_makes_room_again() throws OsException {
    harness = new DataPathHarness(SLOTS, 4);
    PlayedClient client = harness.client("uid 1");
    Handle handle = client.open(harness.device);
    List<Long> waiting = new ArrayList<>();
    waiting.add(client.submit(handle, call()));
    waiting.add(client.submit(handle, call().idempotent()));
    client.assertNoAnswer();
    client.cancel(waiting.get(0));
    assertEquals(Reason.CANCELLED, client.answer().reason());
    client.submit(handle, call().idempotent());
    client.assertNoAnswer();
    // Dispatched, retried, and dispatched again.
    PlayedWorker worker = harness.worker(harness.device, 2);
    assertEquals(2, worker.take().size());
    harness.ends(worker, Availability.COMING, Death.ORDERED);
    PlayedWorker second = harness.worker(harness.device, 2);
    assertEquals(2, second.take().size());
    client.submit(handle, call());
    client.submit(handle, call());
    client.assertNoAnswer();
    client.submit(handle, call());
    assertEquals(Reason.PRINCIPAL_LIMIT, client.answer().reason());
  }

  @Test
  void greedy_principals_leave_the_next_one_a_slot() throws OsException {
    harness = new DataPathHarness(SLOTS, 1 << 10);
    int taken = 0;
    for (int i = 0; i < 4; i++) {
      harness.account("uid " + i).inFlightLimit(SLOTS);
      taken += fill("uid " + i, harness.device, Reason.PRINCIPAL_LIMIT);
    }
    assertTrue(taken < SLOTS, taken + " of " + SLOTS);
    PlayedClient modest = harness.client("modest");
    modest.submit(modest.open(harness.other), call());
    modest.assertNoAnswer();
  }
}
