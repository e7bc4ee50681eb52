// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.alloc;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.bench.jmh.SystemName;
import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.dataplane.Violations;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Handle.KeyUse;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Requests through the real data thread's duty cycle: a client's ring, admission, a window smaller
 * than the batch (so that half of the requests wait in the queue), a worker's ring, and back. One
 * thread plays client, broker and worker in turn, so that what is counted is the path alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SystemName("berth")
public class DataPath {
  private static final int BATCH = 32;
  private static final int WINDOW = 16;
  private static final int PAYLOAD_BYTES = 64;
  private static final int MAX_INLINE_BYTES = 4096;
  private static final int RING_BYTES = 1 << 18;
  private static final long LONG_NANOS = TimeUnit.HOURS.toNanos(1);

  private DataThread data;
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
    public void worker(Device device, int epoch, Death death, String text) {
      throw new IllegalStateException(device.name() + ": " + text);
    }

    @Override
    public void workerLeft(Device device, int epoch, String text) {
      throw new IllegalStateException(device.name() + ": " + text);
    }
  }

  /** Builds a broker's data path with one client and one worker. */
  @Setup
  public void setUp() throws OsException {
    RequestTable requests = new RequestTable(256, maxRecordBytes(MAX_INLINE_BYTES));
    Device device =
        new Device(
            "echo:bench",
            new DeviceQueue(requests, 256, 50_000_000),
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
                256, MAX_INLINE_BYTES, LONG_NANOS, 1_000_000, 5_000_000, LONG_NANOS),
            requests,
            new Device[] {device},
            counters,
            KeyUseJournal.NONE,
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
    Session session = new Session(1, "bench", memory, 8, 128, MAX_INLINE_BYTES);
    clientOut = new RingWriter(memory.client(), memory.broker());
    clientIn = new RingReader(memory.broker(), memory.client(), maxRecordBytes(MAX_INLINE_BYTES));
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    clientWake = new Wake(memory.broker(), () -> Pipes.ring(descriptors[2]));
    Account account = new Account("uid 1", 256);
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
                        KeyUse.NONE));
    handleWord = handle.word();
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
    data.attach(device, new WorkerLink(1, workerMemory, MAX_INLINE_BYTES), WINDOW, Map.of());
  }

  private void answer(int type, MutableDirectBuffer in, int body, int length) {
    if (type == TYPE_REQUEST) {
      int at = body - 8;
      respond(in, at);
    }
  }

  private void respond(DirectBuffer in, int at) {
    int index = workerOut.claim(HEADER_BYTES + PAYLOAD_BYTES, TYPE_RESPONSE);
    AtomicBuffer out = workerOut.buffer();
    out.putLong(index + CORRELATION_OFFSET, in.getLong(at + CORRELATION_OFFSET));
    out.putInt(index + FLAGS_OFFSET, 0);
    out.putInt(index + STATUS_OFFSET, 0);
    out.putInt(index + PAYLOAD_BYTES_OFFSET, PAYLOAD_BYTES);
    out.putInt(index + PART_OFFSET, 0);
    out.putInt(index + EPOCH_OFFSET, 1);
    out.putBytes(index + HEADER_BYTES, in, at + HEADER_BYTES, PAYLOAD_BYTES);
  }

  /** One batch of requests until the last answer; per request. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int dataPath() {
    for (int slot = 0; slot < BATCH; slot++) {
      submit(++sequence << 16 | slot);
    }
    clientOut.publish();
    clientWake.afterPublication();
    int answered = 0;
    while (answered < BATCH) {
      data.pass();
      workerIn.read(answer);
      if (workerOut.publish()) {
        workerWake.afterPublication();
      }
      while (clientIn.next() > 0) {
        answered++;
      }
      clientIn.release();
    }
    return answered;
  }

  private void submit(long correlation) {
    int at = clientOut.claim(HEADER_BYTES + PAYLOAD_BYTES, TYPE_REQUEST);
    AtomicBuffer out = clientOut.buffer();
    out.putLong(at + CORRELATION_OFFSET, correlation);
    out.putLong(at + DEADLINE_OFFSET, 0);
    out.putInt(at + HANDLE_OFFSET, handleWord);
    out.putInt(at + OPERATION_OFFSET, EchoOperation.ECHO);
    out.putLong(at + FLAGS_OFFSET, 0);
    out.putInt(at + STATUS_OFFSET, 0);
    out.putInt(at + PAYLOAD_BYTES_OFFSET, PAYLOAD_BYTES);
    out.putInt(at + REPLY_LIMIT_OFFSET, PAYLOAD_BYTES);
    out.putLong(at + CREDIT_OFFSET, 0);
    out.putInt(at + EPOCH_OFFSET, 0);
  }

  /** Gives the memory back. */
  @TearDown
  public void tearDown() {
    data.closeDescriptors();
    workerMemory.close();
    memory.close();
  }
}
