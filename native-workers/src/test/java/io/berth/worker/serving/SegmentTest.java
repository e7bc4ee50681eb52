// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.control.ControlMessage.SegmentMap;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.SegmentUnmap;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.testkit.Answer;
import io.berth.worker.testkit.Call;
import io.berth.worker.testkit.PlayedLink;
import io.berth.worker.testkit.PlayedSegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Big data by reference: mapping, pinning, and giving back. */
class SegmentTest {
  private static final int INLINE = 1;
  private static final int LANE = 2;
  private static final int GATED = 3;
  private static final long SESSION = 0x1_0000_0001L;
  private static final int BYTES = 64 * 1024;

  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch gate = new CountDownLatch(1);
  private PlayedSegment input;
  private PlayedSegment output;

  @AfterEach
  void closeSegments() {
    Stream.of(input, output).filter(s -> s != null).forEach(PlayedSegment::close);
  }

  /** Copies INPUT to OUTPUT, each byte plus one; answers with how much that was. */
  private ScriptedDriver script() {
    ScriptedDriver.Act add =
        (request, reply, lane) -> {
          ByteBuffer in = request.input();
          ByteBuffer out = request.output();
          int bytes = Math.min(in.remaining(), out.remaining());
          for (int i = 0; i < bytes; i++) {
            out.put(i, (byte) (in.get(i) + 1));
          }
          reply.outputBytes(bytes);
          reply.ok(new byte[0]);
        };
    return new ScriptedDriver(1)
        .inline(INLINE, add)
        .onLane(LANE, add)
        .onLane(
            GATED,
            (request, reply, lane) -> {
              entered.countDown();
              gate.await();
              reply.ok(new byte[] {request.input().get(0)});
            })
        .onLane(
            4,
            (request, reply, lane) -> {
              request.input().put(0, (byte) 1);
              reply.ok(new byte[0]);
            })
        .onLane(
            5,
            (request, reply, lane) -> {
              reply.outputBytes(request.output().remaining() + 1L);
              reply.ok(new byte[0]);
            });
  }

  private void map(PlayedLink link) throws Exception {
    input = link.map(SESSION, 1, 7, false, BYTES);
    output = link.map(SESSION, 2, 8, true, BYTES);
  }

  private Call with(int code, Call.Block in, Call.Block out) {
    Call made = call(code).withSession(SESSION);
    made = in == null ? made : made.withInput(in);
    return out == null ? made : made.withOutput(out);
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_driver_reads_the_input_block_and_writes_the_output_block(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      map(link);
      for (int i = 0; i < BYTES; i++) {
        input.bytes().put(i, (byte) i);
      }
      Answer all = link.call(with(code, input.block(0, BYTES), output.block(0, BYTES)));
      assertEquals(Status.OK, all.status());
      assertEquals(BYTES, all.outputBytes());
      for (int i = 0; i < BYTES; i++) {
        assertEquals((byte) (i + 1), output.bytes().get(i));
      }
      Answer part =
          link.call(with(code, input.block(100, 50), output.block(BYTES - 10, 10)).withTrace());
      assertEquals(10, part.outputBytes());
      assertEquals((byte) 101, output.bytes().get(BYTES - 10));
      assertEquals((byte) (BYTES - 11 + 1), output.bytes().get(BYTES - 11), "one byte before it");
      Answer nothing = link.call(with(code, input.block(BYTES, 0), output.block(0, 0)));
      assertEquals(0, nothing.outputBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INLINE, LANE})
  void a_reference_to_what_is_not_there_is_refused(int code) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      map(link);
      Call.Block in = input.block(0, 10);
      Call.Block out = output.block(0, 10);
      Call[] wrong = {
        with(code, new Call.Block(3, 7, 0, 10), out),
        with(code, new Call.Block(1, 6, 0, 10), out),
        with(code, new Call.Block(2, 8, 0, 10), out),
        with(code, in, new Call.Block(1, 7, 0, 10)),
        with(code, in, new Call.Block(2, 9, 0, 10)),
        with(code, input.block(1, BYTES), out),
        with(code, input.block(BYTES + 1, 0), out),
        with(code, input.block(-1, 10), out),
        with(code, input.block(0, -1), out),
        with(code, input.block(Long.MAX_VALUE, Long.MAX_VALUE), out),
        with(code, in, output.block(BYTES - 9, 10)),
        with(code, in, output.block(0, 1L << 32)),
        with(code, in, out).withSession(SESSION + 1),
        with(code, in, out).withSession(0),
      };
      for (Call each : wrong) {
        Answer answer = link.call(each);
        assertEquals(Status.NOT_FOUND, answer.status(), answer::toString);
        assertEquals(Reason.STALE_REFERENCE, answer.reason());
      }
      assertEquals(Status.OK, link.call(with(code, in, out)).status());
      // Nothing was left pinned: both go back at once.
      unmapAndAwaitRelease(link, input);
      unmapAndAwaitRelease(link, output);
    }
  }

  private static void unmapAndAwaitRelease(PlayedLink link, PlayedSegment segment)
      throws Exception {
    link.connection()
        .send(new SegmentUnmap(segment.session(), segment.number(), segment.generation()));
    assertReleased(link, segment);
  }

  private static void assertReleased(PlayedLink link, PlayedSegment segment) throws Exception {
    assertEquals(
        new SegmentReleased(segment.session(), segment.number(), segment.generation()),
        link.connection().await());
  }

  @Test
  void a_segment_in_use_goes_back_only_after_the_request_that_uses_it() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      map(link);
      input.bytes().put(0, (byte) 42);
      long using = link.send(with(GATED, input.block(0, 1), null));
      entered.await();
      link.connection().send(new SegmentUnmap(SESSION, 1, 7));
      // The next message is answered in order: the worker has seen the UNMAP by then.
      PlayedSegment other = link.map(SESSION, 3, 9, false, BYTES);
      other.close();
      assertEquals(
          Reason.STALE_REFERENCE,
          link.call(with(INLINE, input.block(0, 1), output.block(0, 1))).reason(),
          "new requests cannot use it");
      assertFalse(link.connection().hasMessage(), "given back while in use");
      gate.countDown();
      assertArrayEquals(new byte[] {42}, link.awaitAnswer(using).payload());
      assertReleased(link, input);
    }
  }

  @Test
  void a_cancelled_request_lets_go_of_its_segments() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      map(link);
      link.send(with(GATED, input.block(0, 1), null));
      entered.await();
      long queued = link.send(with(LANE, input.block(0, 1), output.block(0, 1)));
      link.cancel(queued);
      assertEquals(Status.CANCELLED, link.awaitAnswer(queued).status());
      unmapAndAwaitRelease(link, output);
      gate.countDown();
    }
  }

  @Test
  void a_segment_that_is_not_what_was_said_is_refused() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      input = PlayedSegment.make(SESSION, 1, 1, false, BYTES);
      assertEquals(Status.INVALID_ARGUMENT, link.offer(input, 1, BYTES + 4096));
      assertEquals(Status.INVALID_ARGUMENT, link.offer(input, 0, BYTES));
      assertEquals(Status.INVALID_ARGUMENT, link.offer(input, 3, BYTES));
      // Read-only memory cannot become an output.
      assertEquals(Status.RESOURCE_EXHAUSTED, link.offer(input, 2, BYTES));
      link.connection().send(new SegmentMap(SESSION, 1, 1, 1, BYTES));
      SegmentMapped mapped = assertInstanceOf(SegmentMapped.class, link.connection().await());
      assertEquals(Status.INVALID_ARGUMENT, mapped.status(), "without a descriptor");
      assertEquals(
          Reason.STALE_REFERENCE, link.call(with(GATED, input.block(0, 1), null)).reason());
      assertEquals(Status.OK, link.offer(input, 1, BYTES));
    }
  }

  @Test
  void an_unmap_of_what_is_not_mapped_is_answered_at_once() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      map(link);
      for (SegmentUnmap unknown :
          new SegmentUnmap[] {
            new SegmentUnmap(SESSION, 5, 7),
            new SegmentUnmap(SESSION, 1, 6),
            new SegmentUnmap(SESSION + 1, 1, 7)
          }) {
        link.connection().send(unknown);
        assertEquals(
            new SegmentReleased(unknown.session(), unknown.segment(), unknown.generation()),
            link.connection().await());
      }
      unmapAndAwaitRelease(link, input);
    }
  }

  @Test
  void a_driver_cannot_write_into_an_input_block_or_claim_more_than_the_output_block()
      throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      PlayedLink link = worker.attach();
      map(link);
      Answer written = link.call(with(4, input.block(0, 10), null));
      assertEquals(Reason.DRIVER_ERROR, written.reason());
      assertTrue(written.text().contains("ReadOnly"), written.text());
      assertEquals(Reason.DRIVER_ERROR, link.call(with(5, null, output.block(0, 10))).reason());
    }
  }

  @Test
  void a_lost_link_unmaps_all_of_its_segments() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script())) {
      long before = mappings();
      PlayedLink link = worker.attach();
      map(link);
      assertEquals(before + 4, mappings(), "two here and two in the worker");
      link.send(with(GATED, input.block(0, 1), null));
      entered.await();
      link.connection().send(new SegmentUnmap(SESSION, 1, 7));
      link.close();
      gate.countDown();
      PlayedLink second = worker.attach();
      assertEquals(before + 2, mappings(), "those of this test");
      assertEquals(
          Reason.STALE_REFERENCE,
          second.call(with(GATED, input.block(0, 1), null)).reason(),
          "segments belong to a link");
    }
  }

  private static long mappings() throws Exception {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains("memfd:berth-kit-segment")).count();
    }
  }
}
