// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.alloc;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.arena.Segment;
import io.berth.broker.audit.FeederBell;
import io.berth.broker.audit.KeyUseRecord;
import io.berth.broker.audit.KeyUses;
import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.dataplane.Violations;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.broker.device.WorkerOffer;
import io.berth.broker.policy.Principal;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * Requests of one kind through the real data thread's duty cycle: a client's ring, admission, a
 * window smaller than the batch (so that half of the requests wait in the queue), a worker's ring,
 * and back. One thread plays client, broker, worker and the journal's feeder in turn, and none of
 * them allocates, so that what is counted is the path alone.
 */
final class DataPath implements AutoCloseable {
  static final int BATCH = 32;
  static final int PARTS = 2;
  private static final int SLOTS = 256;
  private static final int SEGMENT_BYTES = 1 << 16;
  private static final int WINDOW = 16;
  private static final int PAYLOAD_BYTES = 64;
  private static final int MAX_INLINE_BYTES = 4096;
  private static final int RING_BYTES = 1 << 18;
  private static final long LONG_NANOS = TimeUnit.HOURS.toNanos(1);

  private final RequestKind kind;
  private final FeederBell bell = new FeederBell();
  private final KeyUses keyUses = new KeyUses(true, SLOTS, bell);
  private final DataThread data;
  private SessionMemory memory;
  private WorkerMemory workerMemory;
  private RingWriter clientOut;
  private RingReader clientIn;
  private Wake clientWake;
  private OneToOneRingBuffer workerIn;
  private RingWriter workerOut;
  private Wake workerWake;
  private MessageHandler answer;
  private int handleWord;
  private long sequence;

  /** Anything reported here would make the figures meaningless. */
  private static final class Fatal implements Violations {
    @Override
    public void session(Session session, Reason reason, String text) {
      throw new IllegalStateException(session + ": " + reason + ": " + text);
    }

    @Override
    public void worker(Seat seat, int epoch, Death death, String text) {
      throw new IllegalStateException(seat.name() + ": " + text);
    }

    @Override
    public void workerLeft(Seat seat, int epoch, String text) {
      throw new IllegalStateException(seat.name() + ": " + text);
    }
  }

  /** Builds a broker's data path with one client and one worker. */
  DataPath(RequestKind kind) throws OsException {
    this.kind = kind;
    keyUses.taken(true);
    RequestTable requests = new RequestTable(SLOTS, maxRecordBytes(MAX_INLINE_BYTES));
    Device device =
        new Device(
            "echo:bench",
            new DeviceQueue(requests, SLOTS, 50_000_000),
            new KillList(2, LONG_NANOS),
            LONG_NANOS);
    BrokerCounters counters =
        new BrokerCounters(
            new CountersManager(
                new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.METADATA_LENGTH)),
                new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.COUNTER_LENGTH))),
            "echo:bench");
    data =
        new DataThread(
            new DataThread.Settings(
                SLOTS, MAX_INLINE_BYTES, LONG_NANOS, 1_000_000, 5_000_000, LONG_NANOS),
            requests,
            new Device[] {device},
            counters,
            keyUses,
            new Fatal());
    client(device);
    worker(device);
    for (int i = 0; i < 100; i++) {
      data.pass();
    }
  }

  private void client(Device device) throws OsException {
    memory =
        SessionMemory.create("bench", RegionDescriptor.KIND_CLIENT, RING_BYTES, RING_BYTES, 1, 1);
    Session session =
        new Session(
            1,
            new Principal(1000, 1000, new int[0], 4711, Optional.empty()),
            memory,
            8,
            128,
            MAX_INLINE_BYTES);
    clientOut = new RingWriter(memory.client(), memory.broker());
    clientIn = new RingReader(memory.broker(), memory.client(), maxRecordBytes(MAX_INLINE_BYTES));
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    clientWake = new Wake(memory.broker(), () -> Pipes.ring(descriptors[2]));
    Account account = new Account("uid 1", kind.inFlightLimit(SLOTS));
    Handle handle =
        session
            .handles()
            .open(
                word ->
                    new Handle(
                        word,
                        "echo:bench",
                        device,
                        device.target(""),
                        1,
                        0,
                        LONG_NANOS,
                        device.flow(account),
                        kind.audit()));
    handleWord = handle.word();
    session.segments().add(0, 1, Segment.INPUT, SEGMENT_BYTES, device);
    session.segments().add(1, 1, Segment.OUTPUT, SEGMENT_BYTES, device);
    data.open(session);
  }

  private void worker(Device device) throws OsException {
    workerMemory = WorkerMemory.create("bench", RING_BYTES, RING_BYTES, 1, 1);
    workerIn = workerMemory.requests();
    workerOut = new RingWriter(workerMemory.link().client(), workerMemory.link().broker());
    int[] descriptors = workerMemory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    workerWake = new Wake(workerMemory.link().broker(), () -> Pipes.ring(descriptors[3]));
    answer = this::answer;
    workerMemory.link().client().heartbeatOpaque(System.nanoTime());
    data.attach(
        device.seats().get(0),
        new WorkerLink(1, workerMemory, MAX_INLINE_BYTES),
        new WorkerOffer(WINDOW, 0, Map.of()));
  }

  private void answer(int type, MutableDirectBuffer in, int body, int length) {
    if (type == TYPE_REQUEST) {
      int at = body - 8;
      respond(in, at);
    }
  }

  private void respond(DirectBuffer in, int at) {
    int flags = in.getInt(at + FLAGS_OFFSET);
    int part = 0;
    for (int left = in.getInt(at + CREDIT_OFFSET); left > 0; left--) {
      respond(in, at, flags, FLAG_MORE, part++);
    }
    respond(in, at, flags, flags & (FLAG_TRACE | FLAG_OUTPUT), part);
  }

  private void respond(DirectBuffer in, int at, int requestFlags, int flags, int part) {
    int index = workerOut.claim(payloadOffset(flags) + PAYLOAD_BYTES, TYPE_RESPONSE);
    AtomicBuffer out = workerOut.buffer();
    out.putLong(index + CORRELATION_OFFSET, in.getLong(at + CORRELATION_OFFSET));
    out.putInt(index + FLAGS_OFFSET, flags);
    out.putInt(index + STATUS_OFFSET, 0);
    out.putInt(index + PAYLOAD_BYTES_OFFSET, PAYLOAD_BYTES);
    out.putInt(index + PART_OFFSET, part);
    out.putInt(index + EPOCH_OFFSET, 1);
    if ((flags & FLAG_TRACE) != 0) {
      out.putBytes(index + HEADER_BYTES, in, at + HEADER_BYTES, TRACE_BYTES);
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      out.putBytes(
          index + outputOffset(flags), in, at + outputOffset(requestFlags), REFERENCE_BYTES);
    }
    out.putBytes(index + payloadOffset(flags), in, at + payloadOffset(requestFlags), PAYLOAD_BYTES);
  }

  /** One batch of requests until the last END. */
  void round() {
    for (int slot = 0; slot < BATCH; slot++) {
      submit(slot);
    }
    clientOut.publish();
    clientWake.afterPublication();
    int ended = 0;
    while (ended < BATCH) {
      data.pass();
      workerIn.read(answer);
      if (workerOut.publish()) {
        workerWake.afterPublication();
      }
      KeyUseRecord use;
      while ((use = keyUses.poll()) != null) {
        keyUses.giveBack(use);
      }
      ended += take();
    }
  }

  /** Takes what has come; returns how many of it were ENDs. */
  private int take() {
    int ended = 0;
    while (clientIn.next() > 0) {
      int at = clientIn.recordIndex();
      boolean ok = (clientIn.buffer().getInt(at + STATUS_OFFSET) & 0xFFFF) == 0;
      if (ok == (kind == RequestKind.NOT_PERMITTED || kind == RequestKind.LIMITED)) {
        throw new IllegalStateException(kind + " answered " + (ok ? "well" : "with an error"));
      }
      ended += (clientIn.buffer().getInt(at + FLAGS_OFFSET) & FLAG_MORE) == 0 ? 1 : 0;
    }
    clientIn.release();
    return ended;
  }

  private void submit(int slot) {
    int at = clientOut.claim(payloadOffset(kind.flags) + PAYLOAD_BYTES, TYPE_REQUEST);
    AtomicBuffer out = clientOut.buffer();
    out.putLong(at + CORRELATION_OFFSET, ++sequence << 16 | slot);
    out.putLong(at + DEADLINE_OFFSET, 0);
    out.putInt(at + HANDLE_OFFSET, handleWord);
    out.putInt(at + OPERATION_OFFSET, kind.operation);
    out.putLong(at + FLAGS_OFFSET, kind.flags);
    out.putInt(at + STATUS_OFFSET, 0);
    out.putInt(at + PAYLOAD_BYTES_OFFSET, PAYLOAD_BYTES);
    out.putInt(at + REPLY_LIMIT_OFFSET, PAYLOAD_BYTES);
    out.putLong(at + CREDIT_OFFSET, kind.credit());
    out.putInt(at + EPOCH_OFFSET, 0);
    if ((kind.flags & FLAG_INPUT) != 0) {
      reference(out, at + inputOffset(kind.flags), 0, slot);
    }
    if ((kind.flags & FLAG_OUTPUT) != 0) {
      reference(out, at + outputOffset(kind.flags), 1, slot);
    }
  }

  /** Each correlation slot has blocks of its own: two requests must not write to the same one. */
  private static void reference(AtomicBuffer out, int at, int segment, int slot) {
    out.putInt(at + REFERENCE_SEGMENT, segment);
    out.putInt(at + REFERENCE_GENERATION, 1);
    out.putLong(at + REFERENCE_OFFSET, (long) slot * PAYLOAD_BYTES);
    out.putLong(at + REFERENCE_LENGTH, PAYLOAD_BYTES);
  }

  /** Gives the memory back. */
  @Override
  public void close() {
    data.closeDescriptors();
    workerMemory.close();
    memory.close();
    bell.close();
  }
}
