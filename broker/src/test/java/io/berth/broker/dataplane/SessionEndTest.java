// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.arena.Segment;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.session.SessionState;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients that leave, at any moment. */
class SessionEndTest extends DataPathFixture {
  @Test
  void queued_requests_of_a_client_that_left_are_not_executed() throws OsException {
    client.submit(handle, call());
    client.submit(handle, call());
    harness.step();
    harness.closes(client);
    assertEquals(SessionState.CLOSED, client.session.state());
    PlayedWorker worker = harness.worker(harness.device, 4);
    assertEquals(List.of(), worker.take());
    harness.assertEmpty();
  }

  @Test
  void a_request_in_flight_keeps_its_place_until_the_worker_lets_go() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    harness.closes(client);
    assertEquals(TYPE_CANCEL, worker.takeOne().type());
    assertEquals(1, harness.device.inFlight());
    assertEquals(1, client.account.inFlight());
    assertFalse(client.session.isQuiet());
    worker.end(taken, "for nobody");
    harness.step();
    assertTrue(client.session.isQuiet());
    harness.assertEmpty();
  }

  @Test
  void the_last_worker_of_a_client_that_left_may_die() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call().idempotent());
    worker.takeOne();
    harness.closes(client);
    harness.dies(worker);
    assertTrue(client.session.isQuiet());
    harness.assertEmpty();
  }

  private static List<Taken> farewells(List<Taken> taken) {
    return taken.stream().filter(frame -> frame.type() == TYPE_SESSION_CLOSED).toList();
  }

  @Test
  void a_worker_that_has_a_segment_of_a_session_hears_of_its_end() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    PlayedWorker stranger = harness.worker(harness.other, 4);
    client.segment(harness.device, 0, Segment.INPUT);
    harness.closes(client);
    Taken farewell = worker.takeOne();
    assertEquals(TYPE_SESSION_CLOSED, farewell.type());
    assertEquals(FLAG_SESSION, farewell.flags());
    assertEquals(client.session.id(), farewell.session());
    assertEquals(List.of(), stranger.take(), "the session has never reached it");
  }

  @Test
  void a_worker_hears_whose_every_request_is_and_of_that_sessions_end() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    assertEquals(client.session.id(), taken.session());
    worker.end(taken, "done");
    harness.step();
    harness.closes(client);
    Taken farewell = worker.takeOne();
    assertEquals(TYPE_SESSION_CLOSED, farewell.type());
    assertEquals(client.session.id(), farewell.session());
  }

  @Test
  void a_worker_hears_of_a_sessions_end_after_it_has_let_go_of_its_last_request()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.segment(harness.device, 0, Segment.INPUT);
    client.submit(handle, call().input(0));
    Taken taken = worker.takeOne();
    assertEquals(client.session.id(), taken.session());
    harness.closes(client);
    assertEquals(TYPE_CANCEL, worker.takeOne().type());
    harness.advance(10 * MILLIS);
    assertEquals(List.of(), worker.take(), "it still has the request");
    worker.end(taken, "for nobody");
    harness.step();
    harness.advance(TICK_NANOS);
    assertEquals(1, farewells(worker.take()).size());
    harness.advance(10 * TICK_NANOS);
    assertEquals(List.of(), worker.take(), "once");
  }

  @Test
  void a_sessions_end_is_told_later_when_the_workers_ring_is_full() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    client.segment(harness.device, 0, Segment.INPUT);
    while (worker.link.tell(TYPE_CREDIT, 0, 1)) {
      // Nobody reads.
    }
    harness.closes(client);
    assertEquals(List.of(), farewells(worker.take()), "no room");
    harness.advance(TICK_NANOS);
    assertEquals(1, farewells(worker.take()).size());
  }

  @Test
  void a_worker_that_is_gone_need_not_hear_of_a_sessions_end() throws OsException {
    PlayedWorker first = harness.worker(harness.device, 4);
    client.segment(harness.device, 0, Segment.INPUT);
    harness.dies(first);
    harness.closes(client);
    PlayedWorker second = harness.worker(harness.device, 4);
    harness.advance(TICK_NANOS);
    assertEquals(List.of(), second.take());
  }

  /** The memory is unmapped at once here: an access after that would end the JVM. */
  @Test
  void an_answer_of_the_same_turn_is_not_written_into_memory_that_is_gone() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    worker.end(taken, "in the turn in which the client leaves");
    harness.closes(client);
    harness.assertEmpty();
  }

  @Test
  void a_client_that_comes_and_goes_in_one_turn_is_not_looked_at_afterwards() throws OsException {
    PlayedClient brief = new PlayedClient(harness, 99, harness.account("uid 9"), 16, 1 << 16);
    harness.data.open(brief.session);
    harness.data.close(brief.session, brief.memory::close);
    harness.step();
    assertEquals(SessionState.CLOSED, brief.session.state());
  }

  /** The memory stays here: a write to what would be unmapped must be seen, not end the JVM. */
  @Test
  void a_client_without_a_hot_place_that_rang_again_and_again_is_not_looked_at_afterwards()
      throws OsException {
    List<PlayedClient> busy = new ArrayList<>();
    for (int i = 0; i < HOT_SESSIONS; i++) {
      busy.add(harness.client("uid 2"));
    }
    busy.forEach(each -> each.cancel(1));
    harness.step();
    // Long enough to ring several times; short enough that the ring is not emptied in one turn.
    for (int pass = 0; pass < 20; pass++) {
      fillTheRing();
      harness.data.pass();
    }
    assertEquals(-1, client.session.hotIndex, "the test is about clients that are not hot");
    harness.data.close(client.session, () -> {});
    harness.data.pass();
    assertEquals(SessionState.CLOSED, client.session.state());
    long sleep = client.memory.broker().sleepOpaque();
    harness.step();
    assertEquals(sleep, client.memory.broker().sleepOpaque());
  }

  /** With records that are not answered; rings if the broker waits for that. */
  private void fillTheRing() {
    int at;
    while ((at = client.writer.claim(HEADER_BYTES, TYPE_CANCEL)) >= 0) {
      client.writer.buffer().setMemory(at + 8, HEADER_BYTES - 8, (byte) -1);
      client.writer.buffer().putInt(at + FLAGS_OFFSET, 0);
      client.writer.buffer().putInt(at + PAYLOAD_BYTES_OFFSET, 0);
    }
    client.publish();
  }

  @Test
  void closing_twice_is_closing_once() {
    int[] closed = {0};
    harness.data.close(client.session, () -> closed[0]++);
    harness.data.close(client.session, () -> closed[0]++);
    harness.step();
    assertEquals(1, closed[0]);
    assertEquals(0, harness.counters.sessions.get());
  }

  @Test
  void a_closed_doorbell_is_reported_once() {
    for (int i = 0; i < 40; i++) {
      harness.step();
    }
    client.memory.closePeersEnds();
    harness.step();
    harness.step();
    assertEquals(1, harness.reports.size());
    assertEquals(Reason.CONNECTION_LOST, harness.reports.get(0).reason());
  }
}
