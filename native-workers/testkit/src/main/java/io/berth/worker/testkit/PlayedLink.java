// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import static io.berth.shm.frame.FrameDescriptor.*;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.jni.os.SealedMemory;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.SegmentMap;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.WorkerKeys;
import io.berth.shm.control.ControlMessage.WorkerMore;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.control.ControlMessage.WorkerSettings;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.Wake;
import io.berth.shm.status.Status;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * One attachment of a worker, played by a test. Sends frames of any kind, right or wrong, and
 * checks the form of what comes back.
 *
 * <p>One thread.
 */
public final class PlayedLink implements AutoCloseable {
  private final PlayedConnection connection;
  private final LinkOptions options;
  private final SealedMemory workerMemory;
  private final SealedMemory brokerMemory;
  private final SealedMemory requestMemory;
  private final int[] toBroker = {-1, -1};
  private final int[] toWorker = {-1, -1};
  private final Region worker;
  private final Region broker;
  private final OneToOneRingBuffer requests;
  private final RingReader responses;
  private final Wake wake;
  private final ArrayDeque<Answer> unread = new ArrayDeque<>();
  private BooleanSupplier alive = () -> true;
  private WorkerReady ready;
  private final Map<String, String> keys = new LinkedHashMap<>();
  private long publications;
  private long nextSequence = 1;
  private boolean closed;

  private PlayedLink(PlayedConnection connection, LinkOptions options) throws OsException {
    this.connection = connection;
    this.options = options;
    int page = Memory.pageBytes();
    workerMemory =
        SealedMemory.create(
            "berth-kit-worker", RegionDescriptor.regionBytes(page, options.responseRingBytes()));
    brokerMemory =
        SealedMemory.createForOneWriter(
            "berth-kit-broker",
            RegionDescriptor.regionBytes(page, RegionDescriptor.MIN_RING_BYTES));
    requestMemory =
        SealedMemory.create(
            "berth-kit-requests",
            (long) options.requestRingBytes() + RingBufferDescriptor.TRAILER_LENGTH);
    OsException.check("pipe", Pipes.create(toBroker));
    OsException.check("pipe", Pipes.create(toWorker));
    worker =
        Region.create(
            workerMemory.address(),
            page,
            options.responseRingBytes(),
            RegionDescriptor.KIND_WORKER,
            options.epoch(),
            1);
    broker =
        Region.create(
            brokerMemory.address(),
            page,
            RegionDescriptor.MIN_RING_BYTES,
            RegionDescriptor.KIND_BROKER,
            options.epoch(),
            1);
    requests = new OneToOneRingBuffer(requestBuffer());
    responses = new RingReader(worker, broker, maxRecordBytes(options.maxInlineBytes()));
    wake = new Wake(worker, () -> Pipes.ring(toWorker[1]));
  }

  static PlayedLink make(PlayedConnection connection, LinkOptions options) throws OsException {
    PlayedLink link = new PlayedLink(connection, options);
    int readOnly = link.brokerMemory.readOnlyDescriptor();
    try {
      connection.send(
          new WorkerWelcome(
              ControlMessage.MAJOR,
              ControlMessage.MINOR,
              1,
              options.epoch(),
              System.nanoTime() + options.clockAheadNanos(),
              options.requestRingBytes(),
              options.responseRingBytes(),
              options.maxInlineBytes(),
              options.heartbeatMillis(),
              options.yieldMicros(),
              options.driver(),
              options.settings(),
              options.further().size()),
          link.workerMemory.descriptor(),
          readOnly,
          link.requestMemory.descriptor(),
          link.toBroker[1],
          link.toWorker[0]);
    } finally {
      Descriptors.close(readOnly);
      Descriptors.close(link.toBroker[1]);
      Descriptors.close(link.toWorker[0]);
    }
    return link;
  }

  /** The request ring with its trailer, to be spoilt. */
  public UnsafeBuffer requestBuffer() {
    return new UnsafeBuffer(
        requestMemory.address(), options.requestRingBytes() + RingBufferDescriptor.TRAILER_LENGTH);
  }

  public PlayedConnection connection() {
    return connection;
  }

  public LinkOptions options() {
    return options;
  }

  /** Ends every wait with a failure as soon as this is false: the worker's process is dead. */
  public PlayedLink whileAlive(BooleanSupplier isAlive) {
    alive = isAlive;
    return this;
  }

  /** Waits for WORKER_READY; the worker serves from then on. */
  public WorkerReady awaitReady() throws IOException {
    Iterator<Map<String, String>> further = options.further().iterator();
    while (true) {
      ControlMessage message = connection.await();
      if (message instanceof WorkerMore) {
        connection.send(new WorkerSettings(further.next()));
      } else if (message instanceof WorkerKeys told) {
        keys.putAll(told.keys());
      } else {
        return ready(message);
      }
    }
  }

  /** What the worker has told of its keys. */
  public Map<String, String> keys() {
    return keys;
  }

  /** Takes the message that must be WORKER_READY. */
  WorkerReady ready(ControlMessage message) {
    if (!(message instanceof WorkerReady said)) {
      throw new AssertionError("expected WORKER_READY, found " + message);
    }
    ready = said;
    return said;
  }

  /** What {@link #awaitReady} got. */
  public WorkerReady ready() {
    return ready;
  }

  /** The worker's last beat, on the broker's clock. */
  public long heartbeatNanos() {
    return worker.heartbeatOpaque();
  }

  /** Odd while the worker sleeps. */
  public boolean isWorkerAsleep() {
    return (worker.sleepOpaque() & 1) != 0;
  }

  // Towards the worker.

  /** Announces a target. */
  public void bind(int target, String localName) {
    byte[] name = localName.getBytes(UTF_8);
    int at = claim(HEADER_BYTES + name.length, TYPE_BIND);
    requests.buffer().putInt(at + HANDLE_OFFSET, target);
    requests.buffer().putInt(at + PAYLOAD_BYTES_OFFSET, name.length);
    requests.buffer().putBytes(at + HEADER_BYTES, name);
    commit(at);
    publish();
  }

  /** Sends a request; returns its correlation. */
  public long send(Call call) {
    long correlation = write(call);
    publish();
    return correlation;
  }

  /** Writes a request which the worker does not see before {@link #publish}. */
  public long write(Call call) {
    long correlation = nextSequence++ << 16;
    write(call, correlation);
    return correlation;
  }

  /** As {@link #write(Call)} under a correlation of choice. */
  public void write(Call call, long correlation) {
    int blocks = blockBytes(call.flags);
    int at = claim(HEADER_BYTES + blocks + call.payload.length, TYPE_REQUEST);
    AtomicBuffer out = requests.buffer();
    out.putLong(at + CORRELATION_OFFSET, correlation);
    out.putLong(at + DEADLINE_OFFSET, call.deadlineNanos);
    out.putInt(at + HANDLE_OFFSET, call.target);
    out.putInt(at + OPERATION_OFFSET, call.operation);
    out.putInt(at + FLAGS_OFFSET, call.flags);
    out.putInt(at + PRIORITY_OFFSET, call.priority);
    out.putInt(at + PAYLOAD_BYTES_OFFSET, call.payload.length);
    out.putInt(at + REPLY_LIMIT_OFFSET, Math.min(call.replyLimit, options.maxInlineBytes()));
    out.putInt(at + CREDIT_OFFSET, call.credit);
    if (call.input != null) {
      reference(out, at + inputOffset(call.flags), call.input);
    }
    if (call.output != null) {
      reference(out, at + outputOffset(call.flags), call.output);
    }
    if ((call.flags & FLAG_SESSION) != 0) {
      out.putLong(at + sessionOffset(call.flags), call.session);
    }
    out.putBytes(at + payloadOffset(call.flags), call.payload);
    commit(at);
  }

  private static void reference(AtomicBuffer out, int at, Call.Block block) {
    out.putInt(at + REFERENCE_SEGMENT, block.segment());
    out.putInt(at + REFERENCE_GENERATION, block.generation());
    out.putLong(at + REFERENCE_OFFSET, block.offset());
    out.putLong(at + REFERENCE_LENGTH, block.length());
  }

  public void cancel(long correlation) {
    tell(TYPE_CANCEL, correlation, 0);
  }

  public void credit(long correlation, int parts) {
    tell(TYPE_CREDIT, correlation, parts);
  }

  /** GOAWAY over the ring. */
  public void goAway() {
    tell(TYPE_GOAWAY, 0, 0);
  }

  private void tell(int type, long correlation, int credit) {
    int at = claim(HEADER_BYTES, type);
    requests.buffer().putLong(at + CORRELATION_OFFSET, correlation);
    requests.buffer().putInt(at + CREDIT_OFFSET, credit);
    commit(at);
    publish();
  }

  public void sessionClosed(long session) {
    int at = claim(HEADER_BYTES + SESSION_BYTES, TYPE_SESSION_CLOSED);
    requests.buffer().putInt(at + FLAGS_OFFSET, FLAG_SESSION);
    requests.buffer().putLong(at + HEADER_BYTES, session);
    commit(at);
    publish();
  }

  /**
   * A record of any type and length whose body is zeros.
   *
   * @return its index in {@link #requestBuffer}, to be filled and then {@link #commit}ted
   */
  public int claim(int length, int type) {
    int[] index = {-1};
    Await.until(
        "there is room in the request ring",
        () -> {
          index[0] = requests.tryClaim(type, length - 8);
          return index[0] > 0 || !alive.getAsBoolean();
        });
    requireAlive();
    requests.buffer().setMemory(index[0], length - 8, (byte) 0);
    requests.buffer().putInt(index[0] - 8 + EPOCH_OFFSET, options.epoch());
    return index[0] - 8;
  }

  /** Sends a record of zeros, which may be too short for a frame. */
  public void sendRaw(int type, int bodyBytes) {
    requests.write(type, new UnsafeBuffer(new byte[bodyBytes]), 0, bodyBytes);
    publish();
  }

  /** Completes the record that starts there. */
  public void commit(int at) {
    requests.commit(at + 8);
  }

  /** Moves the signal word, and rings a worker that sleeps. */
  public void publish() {
    broker.signalRelease(++publications);
    wake.afterPublication();
  }

  // From the worker.

  /** The next answer that the worker writes, whosever it is. */
  public Answer awaitAnswer() {
    Await.until("the worker answers", () -> poll() || !alive.getAsBoolean());
    if (unread.isEmpty() && !poll()) { // Its last answer may have come before its end was seen.
      requireAlive();
    }
    return unread.poll();
  }

  /** The next answer to this request; answers to others are kept in their order. */
  public Answer awaitAnswer(long correlation) {
    ArrayDeque<Answer> others = new ArrayDeque<>();
    Answer answer = awaitAnswer();
    while (answer.correlation() != correlation) {
      others.add(answer);
      answer = awaitAnswer();
    }
    while (!others.isEmpty()) {
      unread.addFirst(others.pollLast());
    }
    return answer;
  }

  /** Sends a request and waits for the answer. */
  public Answer call(Call call) {
    return awaitAnswer(send(call));
  }

  /** Whether an answer is there. */
  public boolean hasAnswer() {
    return poll();
  }

  private boolean poll() {
    int length = responses.next();
    while (length > 0) {
      int at = responses.recordIndex();
      if (responses.recordType() != TYPE_RESPONSE) {
        throw new AssertionError("the worker writes a record of type " + responses.recordType());
      }
      Answer answer = new Answer(responses.buffer(), at);
      if (answer.epoch() != options.epoch()) {
        throw new AssertionError(
            "answer of epoch " + answer.epoch() + ", expected " + options.epoch());
      }
      unread.add(answer);
      length = responses.next();
    }
    if (length == RingReader.VIOLATION) {
      throw new AssertionError("the worker breaks the ring: " + responses.violation());
    }
    responses.release();
    return !unread.isEmpty();
  }

  private void requireAlive() {
    if (!alive.getAsBoolean()) {
      throw new AssertionError("the worker is dead");
    }
  }

  // Segments.

  /** Makes a segment and has the worker map it. */
  public PlayedSegment map(long session, int segment, int generation, boolean output, long bytes)
      throws IOException {
    PlayedSegment made = PlayedSegment.make(session, segment, generation, output, bytes);
    Status status = offer(made, made.direction(), bytes);
    if (status != Status.OK) {
      throw new AssertionError("SEGMENT_MAPPED with " + status);
    }
    return made;
  }

  /** Offers a segment with a direction and a size of choice; returns what the worker says. */
  public Status offer(PlayedSegment segment, int direction, long bytes) throws IOException {
    int descriptor = segment.descriptor();
    connection.send(
        new SegmentMap(segment.session(), segment.number(), segment.generation(), direction, bytes),
        descriptor);
    ControlMessage answer = connection.await();
    if (answer instanceof SegmentMapped mapped
        && mapped.session() == segment.session()
        && mapped.segment() == segment.number()
        && mapped.generation() == segment.generation()) {
      return mapped.status();
    }
    throw new AssertionError("expected SEGMENT_MAPPED, found " + answer);
  }

  /** Ends the link as a broker's death does: everything at once, without a word. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      connection.close();
      Descriptors.close(toBroker[0]);
      Descriptors.close(toWorker[1]);
      requestMemory.close();
      brokerMemory.close();
      workerMemory.close();
    }
  }
}
