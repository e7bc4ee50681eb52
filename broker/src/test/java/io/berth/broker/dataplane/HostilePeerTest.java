// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.arena.Segment;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that write nonsense harm themselves only. */
class HostilePeerTest {
  private DataPathHarness harness;
  private PlayedClient client;
  private PlayedClient bystander;
  private PlayedWorker worker;
  private Handle handle;
  private Handle bystanders;

  @BeforeEach
  void set_up() throws OsException {
    harness = new DataPathHarness();
    client = harness.client("uid 1");
    handle = client.open(harness.device);
    bystander = harness.client("uid 2");
    bystanders = bystander.open(harness.other);
    worker = harness.worker(harness.device, 4);
  }

  @AfterEach
  void tear_down() {
    harness.close();
  }

  private void assertExpelledOnce(Reason reason) throws OsException {
    harness.step();
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertSame(client.session, harness.reports.get(0).peer());
    assertEquals(reason, harness.reports.get(0).reason(), harness.reports::toString);
    worker.take();
    client.submit(handle, call());
    harness.step();
    assertEquals(List.of(), worker.take(), "an expelled client is not read any more");
    assertEquals(1, harness.reports.size());
    bystanderIsServed();
  }

  private void bystanderIsServed() throws OsException {
    PlayedWorker others = harness.worker(harness.other, 4);
    bystander.submit(bystanders, call().payload("fine"));
    Taken taken = others.takeOne();
    others.end(taken, "served");
    assertEquals("served", bystander.answer().text());
  }

  private void expelledFor(Reason reason, Consumer<PlayedClient> nonsense) throws OsException {
    nonsense.accept(client);
    assertExpelledOnce(reason);
  }

  @Test
  void a_client_that_moves_its_tail_too_far_is_expelled() throws OsException {
    expelledFor(
        Reason.BAD_POSITION,
        c -> {
          c.memory.client().tailRelease(1L << 40);
          c.publish();
        });
  }

  @Test
  void a_client_with_a_forged_record_length_is_expelled() throws OsException {
    expelledFor(
        Reason.BAD_POSITION,
        c -> {
          int at = c.claim(TYPE_REQUEST, 64);
          c.writer.buffer().putInt(at, 1 << 20);
          c.publish();
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 16, 17, 18, 99, Integer.MAX_VALUE})
  void a_client_that_sends_what_clients_do_not_send_is_expelled(int type) throws OsException {
    expelledFor(
        Reason.MALFORMED_FRAME,
        c -> {
          c.claim(type, 64);
          c.publish();
        });
  }

  @Test
  void a_client_with_a_payload_length_that_does_not_fit_is_expelled() throws OsException {
    expelledFor(
        Reason.MALFORMED_FRAME,
        c -> {
          int at = c.claim(TYPE_REQUEST, 80);
          c.writer.buffer().putInt(at + PAYLOAD_BYTES_OFFSET, 17);
          c.publish();
        });
  }

  @Test
  void a_client_with_a_record_shorter_than_a_frame_is_expelled() throws OsException {
    expelledFor(
        Reason.MALFORMED_FRAME,
        c -> {
          c.claim(TYPE_REQUEST, 16);
          c.publish();
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, MAX_INLINE_BYTES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void a_client_with_an_impossible_reply_limit_is_expelled(int limit) throws OsException {
    expelledFor(Reason.MALFORMED_FRAME, c -> c.submit(handle, call().replyLimit(limit)));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 17, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void a_client_with_an_impossible_credit_is_expelled(int credit) throws OsException {
    expelledFor(Reason.MALFORMED_FRAME, c -> c.submit(handle, call().stream(credit)));
  }

  @Test
  void a_client_that_uses_a_taken_correlation_slot_is_expelled() throws OsException {
    long correlation = client.submit(handle, call());
    worker.takeOne();
    expelledFor(
        Reason.DUPLICATE_CORRELATION, c -> c.write(correlation + (5 << 16), handle.word(), call()));
  }

  @Test
  void a_client_with_a_slot_beyond_its_number_is_expelled() throws OsException {
    expelledFor(Reason.DUPLICATE_CORRELATION, c -> c.write(1 << 16 | 16, handle.word(), call()));
  }

  /** The head is looked at once the space that is known to be free does not suffice. */
  @ParameterizedTest
  @ValueSource(longs = {1L << 30, -8, 4, Long.MIN_VALUE})
  void a_client_with_a_head_that_no_reader_has_is_expelled_when_its_space_runs_out(long head)
      throws OsException {
    client = harness.client("uid 3", 16, 4096);
    handle = client.open(harness.device);
    client.submit(handle, call().replyLimit(0));
    final Taken inFlight = worker.takeOne();
    client.memory.client().headRelease(head);
    for (int i = 0; i < 2; i++) {
      client.submit(handle, call().replyLimit(1024));
      worker.end(worker.takeOne(), "x".repeat(1024));
      harness.step();
    }
    for (int i = 0; i < 10; i++) {
      client.submit(handle, call().replyLimit(1024));
    }
    assertExpelledOnce(Reason.RESPONSE_OVERRUN);
    worker.end(inFlight, "");
    harness.step();
    assertEquals(1, harness.reports.size());
    assertEquals(0, harness.requests.used());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 17, Integer.MAX_VALUE})
  void a_client_that_grants_impossible_credit_is_expelled(int parts) throws OsException {
    long correlation = client.submit(handle, call().stream(1));
    worker.takeOne();
    expelledFor(Reason.MALFORMED_FRAME, c -> c.credit(correlation, parts));
  }

  @Test
  void a_client_that_grants_credit_beyond_its_reply_space_is_expelled() throws OsException {
    long correlation = client.submit(handle, call().stream(1).replyLimit(1024));
    worker.takeOne();
    expelledFor(
        Reason.RESPONSE_OVERRUN,
        c -> {
          for (int i = 0; i < 5; i++) {
            c.credit(correlation, 16);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {FLAG_RETRIED, 1 << 9, 1 << 30, 1 << 31})
  void an_unknown_flag_is_refused_and_the_session_goes_on(int flag) {
    client.submit(handle, call().flags(flag));
    assertEquals(Reason.MALFORMED_FRAME, client.answer().reason());
    assertEquals(List.of(), harness.reports);
    client.submit(handle, call());
    worker.end(worker.takeOne(), "");
    assertEquals(Status.OK, client.answer().status());
  }

  private void assertFencedOnce(String text) throws OsException {
    harness.step();
    assertEquals(1, harness.reports.size(), harness.reports::toString);
    assertSame(harness.device.seats().get(0), harness.reports.get(0).peer());
    assertTrue(harness.reports.get(0).text().startsWith(text), harness.reports::toString);
    harness.step();
    assertEquals(1, harness.reports.size());
    bystanderIsServed();
  }

  @Test
  void a_worker_that_sends_what_workers_do_not_send_is_fenced() throws OsException {
    worker.claim(TYPE_REQUEST, 64);
    worker.publish();
    assertFencedOnce("record type 1 of 64 bytes");
  }

  @Test
  void a_worker_with_a_forged_tail_is_fenced() throws OsException {
    worker.memory.link().client().tailRelease(-8);
    assertFencedOnce("tail -8");
  }

  @Test
  void a_worker_whose_answer_is_longer_than_it_says_is_fenced() throws OsException {
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    int at = worker.claim(TYPE_RESPONSE, 80);
    worker.writer.buffer().putLong(at + CORRELATION_OFFSET, taken.correlation());
    worker.writer.buffer().putInt(at + PAYLOAD_BYTES_OFFSET, 8);
    worker.publish();
    assertFencedOnce("answer of 80 bytes, payload 8");
  }

  @Test
  void a_worker_that_answers_with_blocks_nobody_asked_for_is_fenced() throws OsException {
    client.submit(handle, call());
    Taken taken = worker.takeOne();
    worker.answer(taken.correlation(), worker.epoch, FLAG_TRACE, 0, 0, "");
    assertFencedOnce("answer with blocks that were not asked for");
    harness.dies(worker);
    assertEquals(Reason.WORKER_LOST_OUTCOME_UNKNOWN, client.answer().reason());
  }

  /** The client would take it for the broker's nonsense and end its session. */
  @ParameterizedTest
  @ValueSource(ints = {0, 2, -1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void a_worker_that_counts_its_parts_wrongly_is_fenced(int second) throws OsException {
    client.submit(handle, call().stream(2));
    Taken taken = worker.takeOne();
    worker.part(taken, 0, "first");
    worker.part(taken, second, "second");
    assertFencedOnce("part " + second + ", expected 1");
    assertEquals("first", client.answer().text());
  }

  @ParameterizedTest
  @ValueSource(longs = {SEGMENT_BYTES + 1, -1, Long.MAX_VALUE, Long.MIN_VALUE})
  void a_worker_that_has_written_more_than_the_output_block_is_fenced(long bytes)
      throws OsException {
    client.segment(harness.device, 1, Segment.OUTPUT);
    client.submit(handle, call().output(1));
    worker.endWithOutput(worker.takeOne(), 0, bytes);
    assertFencedOnce("answer of " + bytes + " bytes in an output block of " + SEGMENT_BYTES);
    client.assertNoAnswer();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, FLAG_TRACE})
  void of_an_answers_output_block_the_worker_tells_the_length_alone(int flags) throws OsException {
    client.segment(harness.device, 1, Segment.OUTPUT);
    client.segment(harness.device, 2, Segment.INPUT);
    client.submit(handle, call().flags(flags).input(2).output(1));
    worker.endWithOutput(worker.takeOne(), flags, SEGMENT_BYTES);
    harness.step();
    AtomicBuffer answers = client.memory.broker().ring();
    int block = outputOffset(FLAG_OUTPUT | flags);
    assertEquals(1, answers.getInt(block + REFERENCE_SEGMENT));
    assertEquals(1, answers.getInt(block + REFERENCE_GENERATION));
    assertEquals(0, answers.getLong(block + REFERENCE_OFFSET));
    assertEquals(SEGMENT_BYTES, answers.getLong(block + REFERENCE_LENGTH));
    assertEquals(Status.OK, client.answer().status());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 64, 4, -8, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void a_worker_that_scribbles_over_the_request_rings_positions_cannot_stop_the_broker(int value)
      throws OsException {
    UnsafeBuffer ring = (UnsafeBuffer) worker.memory.requests().buffer();
    int trailer = PlayedWorker.REQUEST_RING_BYTES;
    int[] words = {
      RingBufferDescriptor.TAIL_POSITION_OFFSET,
      RingBufferDescriptor.HEAD_CACHE_POSITION_OFFSET,
      RingBufferDescriptor.HEAD_POSITION_OFFSET
    };
    for (int word : words) {
      ring.putLong(trailer + word, value);
      client.submit(handle, call().payload("x".repeat(300)));
      harness.step();
    }
    bystanderIsServed();
  }
}
