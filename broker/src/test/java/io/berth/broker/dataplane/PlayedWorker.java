// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Sleep;
import io.berth.shm.ring.Wake;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** A worker that a test plays: it reads Agrona's ring and answers through its own. */
final class PlayedWorker {
  static final int REQUEST_RING_BYTES = 1 << 16;

  /** One record from the broker. */
  record Taken(
      int type,
      long correlation,
      long deadlineNanos,
      int target,
      int operation,
      int flags,
      int priority,
      int credit,
      int epoch,
      long session,
      String payload) {}

  final Seat seat;
  final int epoch;
  final WorkerMemory memory;
  final WorkerLink link;
  final RingWriter writer;
  private int deviceCode;
  private final DataPathHarness harness;
  private final OneToOneRingBuffer requests;
  private final Wake wake;
  private final Sleep sleep;
  private final int bellFromBroker;
  boolean silent;

  PlayedWorker(DataPathHarness harness, Seat seat, int epoch) throws OsException {
    this.harness = harness;
    this.seat = seat;
    this.epoch = epoch;
    this.memory = WorkerMemory.create("worker", REQUEST_RING_BYTES, 1 << 16, epoch, 1);
    this.link = new WorkerLink(epoch, memory, DataPathHarness.MAX_INLINE_BYTES);
    this.writer = new RingWriter(memory.link().client(), memory.link().broker());
    // A view of its own of the same memory, as another process has it.
    this.requests =
        new OneToOneRingBuffer(
            new UnsafeBuffer(
                memory.requests().buffer().addressOffset(),
                REQUEST_RING_BYTES + RingBufferDescriptor.TRAILER_LENGTH));
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    int bell = descriptors[3];
    this.bellFromBroker = descriptors[4];
    this.sleep = new Sleep(memory.link().client());
    this.wake = new Wake(memory.link().broker(), () -> Pipes.ring(bell));
  }

  void beat() {
    memory.link().client().heartbeatOpaque(harness.nowNanos());
  }

  void beatIfHealthy() {
    if (!silent) {
      beat();
    }
  }

  /** From now on the broker is to ring for it. */
  void fallAsleep() {
    Pipes.drain(bellFromBroker);
    sleep.rearm();
  }

  /** Whether the broker has rung for this sleep. */
  boolean isRung() {
    return Pipes.drain(bellFromBroker) > 0;
  }

  /** Everything that the broker has sent, BIND excepted. */
  List<Taken> take() {
    harness.step();
    return taken();
  }

  /** As {@link #take}, of what has come by now. */
  List<Taken> taken() {
    List<Taken> taken = new ArrayList<>();
    long before;
    do {
      // Not how many were read: a padding alone counts as none.
      before = requests.consumerPosition();
      requests.read(
          (type, buffer, index, length) -> {
            int at = index - 8;
            int flags = buffer.getInt(at + FLAGS_OFFSET);
            byte[] payload = new byte[buffer.getInt(at + PAYLOAD_BYTES_OFFSET)];
            buffer.getBytes(at + payloadOffset(flags), payload);
            assertEquals(length + 8, payloadOffset(flags) + payload.length);
            if (type != TYPE_BIND) {
              taken.add(
                  new Taken(
                      type,
                      buffer.getLong(at + CORRELATION_OFFSET),
                      buffer.getLong(at + DEADLINE_OFFSET),
                      buffer.getInt(at + HANDLE_OFFSET),
                      buffer.getInt(at + OPERATION_OFFSET),
                      flags,
                      buffer.getInt(at + PRIORITY_OFFSET),
                      buffer.getInt(at + CREDIT_OFFSET),
                      buffer.getInt(at + EPOCH_OFFSET),
                      (flags & FLAG_SESSION) == 0 ? 0 : buffer.getLong(at + sessionOffset(flags)),
                      new String(payload, UTF_8)));
            }
          });
    } while (requests.consumerPosition() != before);
    return taken;
  }

  /** The only request that has come. */
  Taken takeOne() {
    List<Taken> all = take();
    assertEquals(1, all.size(), () -> "taken: " + all);
    return all.get(0);
  }

  void end(Taken request, String payload) {
    answer(request.correlation, epoch, 0, Status.OK.code(), 0, payload);
  }

  /** An END that tells of an output block, and of which it does not know. */
  void endWithOutput(Taken request, int moreFlags, long outputBytes) {
    int flags = FLAG_OUTPUT | moreFlags;
    int at = claim(TYPE_RESPONSE, payloadOffset(flags));
    AtomicBuffer out = writer.buffer();
    out.putLong(at + CORRELATION_OFFSET, request.correlation);
    out.putInt(at + FLAGS_OFFSET, flags);
    out.putInt(at + EPOCH_OFFSET, epoch);
    int block = at + outputOffset(flags);
    out.setMemory(block, REFERENCE_BYTES, (byte) 0x5A);
    out.putLong(block + REFERENCE_LENGTH, outputBytes);
    publish();
  }

  /** What its device's library is to return from now on. */
  void deviceCode(int code) {
    deviceCode = code;
  }

  void fail(Taken request, Reason reason, String text) {
    answer(request.correlation, epoch, 0, reason.word(), 0, text);
  }

  void part(Taken request, int part, String payload) {
    answer(request.correlation, epoch, FLAG_MORE, Status.OK.code(), part, payload);
  }

  void answer(long correlation, int ofEpoch, int flags, int statusWord, int part, String payload) {
    byte[] bytes = payload.getBytes(UTF_8);
    int at = claim(TYPE_RESPONSE, payloadOffset(flags) + bytes.length);
    AtomicBuffer out = writer.buffer();
    out.putLong(at + CORRELATION_OFFSET, correlation);
    out.putInt(at + FLAGS_OFFSET, flags);
    out.putInt(at + STATUS_OFFSET, statusWord);
    out.putInt(at + PAYLOAD_BYTES_OFFSET, bytes.length);
    out.putInt(at + DEVICE_CODE_OFFSET, deviceCode);
    out.putInt(at + PART_OFFSET, part);
    out.putInt(at + EPOCH_OFFSET, ofEpoch);
    out.putBytes(at + payloadOffset(flags), bytes);
    publish();
  }

  /** An END that stands in the ring, still unseen. */
  void writeWithoutPublishing(Taken request, String payload) {
    byte[] bytes = payload.getBytes(UTF_8);
    int at = claim(TYPE_RESPONSE, HEADER_BYTES + bytes.length);
    writer.buffer().putLong(at + CORRELATION_OFFSET, request.correlation);
    writer.buffer().putInt(at + PAYLOAD_BYTES_OFFSET, bytes.length);
    writer.buffer().putInt(at + EPOCH_OFFSET, epoch);
    writer.buffer().putBytes(at + HEADER_BYTES, bytes);
  }

  int claim(int type, int length) {
    int at = writer.claim(length, type);
    assertTrue(at >= 0, "the test overruns the answer ring");
    writer.buffer().setMemory(at + 8, length - 8, (byte) 0);
    return at;
  }

  void publish() {
    writer.publish();
    wake.afterPublication();
  }
}
