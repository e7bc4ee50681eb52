// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.control.ControlChannel;
import io.berth.broker.control.ControlLoop;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.SegmentMap;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.SegmentUnmap;
import io.berth.shm.status.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a worker is told of its segments, above all when it is told more than its socket holds. */
class WorkerSegmentsTest {
  /** More messages than a socket's buffer holds, each with a descriptor. */
  private static final int MANY = 700;

  private static final int PAGE_BYTES = 4096;

  private final WorkerSegments segments = new WorkerSegments("bench");
  private final List<Segment> made = new ArrayList<>();
  private final List<Status> told = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(ControlCodec.MAX_MESSAGE_BYTES);
  private ControlLoop loop;
  private ControlChannel channel;
  private int workersEnd;
  private boolean allMapped;
  private int released;

  @BeforeEach
  void set_up() throws OsException {
    int[] both = new int[2];
    OsException.check("socketpair", Sockets.pair(both));
    loop = new ControlLoop();
    channel = new ControlChannel(loop, both[0]);
    workersEnd = both[1];
  }

  @AfterEach
  void tear_down() {
    channel.close();
    if (workersEnd >= 0) {
      Descriptors.close(workersEnd);
    }
    loop.closeDescriptors();
    made.forEach(Segment::close);
  }

  private Segment segment(int number) throws OsException {
    Segment segment = Segment.create(number, 0, 1, Segment.INPUT, PAGE_BYTES);
    made.add(segment);
    return segment;
  }

  private void make(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      segments.add(segment(i), told::add);
    }
  }

  /** The next message that the worker finds; null if there is none. */
  private ControlMessage read() throws Exception {
    int[] descriptors = new int[4];
    long result =
        Sockets.receive(workersEnd, Memory.addressOf(buffer), buffer.capacity(), descriptors);
    if (result == -Errno.EAGAIN) {
      return null;
    }
    assertTrue(result > 0, () -> "recvmsg: " + result);
    for (int i = 0; i < Sockets.descriptorsOf(result); i++) {
      Descriptors.close(descriptors[i]);
    }
    buffer.clear().limit(Sockets.bytesOf(result));
    return ControlCodec.decode(buffer).message();
  }

  /** Reads and answers one message after the other until nothing is there; returns their number. */
  private int answerAll() throws Exception {
    int count = 0;
    for (ControlMessage message = read(); message != null; message = read()) {
      count++;
      if (message instanceof SegmentMap map) {
        segments.mapped(
            new SegmentMapped(map.session(), map.segment(), map.generation(), Status.OK));
      } else if (message instanceof SegmentUnmap unmap) {
        segments.released(
            new SegmentReleased(unmap.session(), unmap.segment(), unmap.generation()));
      }
    }
    return count;
  }

  @Test
  void a_worker_is_given_every_segment_although_its_socket_does_not_hold_them_all()
      throws Exception {
    make(MANY);
    segments.attached(channel, () -> allMapped = true);
    assertFalse(allMapped);
    assertEquals(MANY, answerAll());
    assertTrue(allMapped);
  }

  @Test
  void a_worker_hears_of_every_segment_that_is_added_or_taken_back_while_it_does_not_read()
      throws Exception {
    segments.attached(channel, () -> allMapped = true);
    assertTrue(allMapped);
    make(MANY);
    assertEquals(List.of(), told);
    assertEquals(MANY, answerAll());
    assertEquals(MANY, told.stream().filter(status -> status == Status.OK).count());
    for (Segment segment : made) {
      segments.remove(segment, () -> released++);
    }
    assertEquals(0, released);
    assertEquals(MANY, answerAll());
    assertEquals(MANY, released);
  }

  @Test
  void what_a_lost_worker_was_not_told_is_told_to_the_next() throws Exception {
    make(MANY);
    segments.attached(channel, () -> allMapped = true);
    segments.remove(made.get(MANY - 1), () -> released++);
    segments.detached();
    assertFalse(allMapped);
    assertEquals(1, released);
    while (read() != null) {
      // The next one has a socket of its own; here it is the same, emptied.
    }
    segments.attached(channel, () -> allMapped = true);
    assertEquals(MANY - 1, answerAll());
    assertTrue(allMapped);
  }

  @Test
  void a_segment_for_a_worker_that_is_gone_is_refused_at_once() throws Exception {
    segments.attached(channel, () -> allMapped = true);
    Descriptors.close(workersEnd);
    workersEnd = -1;
    make(1);
    assertEquals(List.of(Status.UNAVAILABLE), told);
  }

  @Test
  void a_worker_that_was_fenced_does_not_serve_whatever_is_answered_afterwards() throws Exception {
    make(2);
    segments.attached(channel, () -> allMapped = true);
    // It has said more than it was asked, so that nothing seems to be unanswered.
    for (int i = 0; i < 3; i++) {
      segments.mapped(new SegmentMapped(99, 0, 1, Status.OK));
    }
    segments.fenced();
    answerAll();
    assertFalse(allMapped, "the memory of its link is gone");
  }

  @Test
  void a_segment_whose_descriptor_cannot_be_had_is_kept_from_the_worker_only() throws Exception {
    segments.attached(channel, () -> allMapped = true);
    Segment closed = segment(1);
    closed.close();
    segments.add(closed, told::add);
    assertEquals(List.of(Status.RESOURCE_EXHAUSTED), told);
    make(1);
    assertEquals(1, answerAll());
    assertEquals(List.of(Status.RESOURCE_EXHAUSTED, Status.OK), told);
  }
}
