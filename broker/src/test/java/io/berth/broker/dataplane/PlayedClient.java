// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.device.Device;
import io.berth.broker.policy.Audit;
import io.berth.broker.policy.Principal;
import io.berth.broker.policy.Rights;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Rate;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.Permission;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.agrona.concurrent.AtomicBuffer;

/** A client that a test plays: it speaks through the rings only. */
final class PlayedClient {
  static final int ECHO = EchoOperation.ECHO;
  static final int ONCE = EchoOperation.ONCE;

  /** After it the worker holds something for the session. */
  static final int MAKE = Permission.CALL.operation(77);

  /** An operation that a worker counts. */
  static final int COUNT = Permission.CALL.operation(78);

  static final int REQUEST_RING_BYTES = 1 << 16;
  private static final int CALL_MASK = 1;
  static final long SEGMENT_BYTES = 4096;
  private static final Principal PRINCIPAL =
      new Principal(1000, 1000, new int[0], 4711, Optional.empty());
  private static final long MAX_DEADLINE_NANOS = 30_000 * DataPathHarness.MILLIS;

  /** One RESPONSE. */
  record Answer(
      long correlation,
      int handle,
      int operation,
      int flags,
      Status status,
      Reason reason,
      int part,
      int deviceCode,
      String text) {
    boolean isEnd() {
      return (flags & FLAG_MORE) == 0;
    }
  }

  /** A request to be; the defaults are those of a plain call. */
  static final class Call {
    int operation = ECHO;
    int flags;
    int priority;
    int replyLimit = 256;
    int credit;
    long deadlineNanos;
    int input;
    int output;
    String payload = "";

    Call operation(int value) {
      operation = value;
      return this;
    }

    Call idempotent() {
      flags |= FLAG_IDEMPOTENT;
      return this;
    }

    Call stream(int parts) {
      flags |= FLAG_STREAM;
      credit = parts;
      return this;
    }

    Call flags(int added) {
      flags |= added;
      return this;
    }

    Call priority(int value) {
      priority = value;
      return this;
    }

    Call replyLimit(int bytes) {
      replyLimit = bytes;
      return this;
    }

    Call deadline(long nanos) {
      deadlineNanos = nanos;
      return this;
    }

    /** The whole segment. */
    Call input(int segment) {
      flags |= FLAG_INPUT;
      input = segment;
      return this;
    }

    /** The whole segment. */
    Call output(int segment) {
      flags |= FLAG_OUTPUT;
      output = segment;
      return this;
    }

    Call payload(String text) {
      payload = text;
      return this;
    }
  }

  final SessionMemory memory;
  final Session session;
  final Account account;
  final RingWriter writer;
  private final DataPathHarness harness;
  private final RingReader reader;
  private final Wake wake;
  private final BitSet slotsTaken = new BitSet();
  private final Map<Long, Integer> ends = new HashMap<>();
  private final Deque<Answer> answers = new ArrayDeque<>();
  private long sequence;

  PlayedClient(
      DataPathHarness harness, long id, Account account, int maxInFlight, int responseRingBytes)
      throws OsException {
    this(harness, id, account, maxInFlight, REQUEST_RING_BYTES, responseRingBytes);
  }

  PlayedClient(
      DataPathHarness harness,
      long id,
      Account account,
      int maxInFlight,
      int requestRingBytes,
      int responseRingBytes)
      throws OsException {
    this.harness = harness;
    this.account = account;
    this.memory =
        SessionMemory.create(
            "client", RegionDescriptor.KIND_CLIENT, requestRingBytes, responseRingBytes, id, 1);
    this.session =
        new Session(id, PRINCIPAL, memory, 8, maxInFlight, DataPathHarness.MAX_INLINE_BYTES);
    this.writer = new RingWriter(memory.client(), memory.broker());
    this.reader =
        new RingReader(
            memory.broker(), memory.client(), maxRecordBytes(DataPathHarness.MAX_INLINE_BYTES));
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    int bell = descriptors[2];
    this.wake = new Wake(memory.broker(), () -> Pipes.ring(bell));
  }

  Handle open(Device device) {
    return open(device, CALL_MASK, 0);
  }

  Handle open(Device device, int permissions, int priorityCeiling) {
    return open(device, permissions, priorityCeiling, Audit.NONE);
  }

  /** A handle whose uses the journal hears of. */
  Handle openAudited(Device device) {
    return open(device, CALL_MASK, 0, Audit.ALL);
  }

  /** A handle with permissions for some operations only. */
  Handle openNarrowed(Device device, Rights rights) {
    return open(device, rights.mask(), 0, Audit.NONE, rights, null);
  }

  private Handle open(Device device, int permissions, int priorityCeiling, Audit audited) {
    return open(device, permissions, priorityCeiling, audited, null, null);
  }

  /** A handle that may be used only so often. */
  Handle openWith(Device device, Rate rate) {
    return open(device, CALL_MASK, 0, Audit.NONE, null, rate);
  }

  private Handle open(
      Device device,
      int permissions,
      int priorityCeiling,
      Audit audited,
      Rights narrowed,
      Rate rate) {
    return session
        .handles()
        .open(
            word ->
                new Handle(
                    word,
                    device.name() + "/key",
                    device,
                    device.target("key"),
                    permissions,
                    priorityCeiling,
                    MAX_DEADLINE_NANOS,
                    device.flow(account),
                    audited,
                    narrowed,
                    rate,
                    null));
  }

  static Call call() {
    return new Call();
  }

  /** Writes and publishes a request, with the first free correlation slot. */
  long submit(Handle handle, Call call) {
    return submit(handle.word(), call);
  }

  long submit(int handleWord, Call call) {
    int slot = slotsTaken.nextClearBit(0);
    assertTrue(slot < session.maxInFlight(), "the test has too many requests in flight");
    slotsTaken.set(slot);
    long correlation = ++sequence << 16 | slot;
    ends.put(correlation, 0);
    write(correlation, handleWord, call);
    return correlation;
  }

  /** Writes and publishes a request with any correlation. */
  void write(long correlation, int handleWord, Call call) {
    byte[] payload = call.payload.getBytes(UTF_8);
    int at = claim(TYPE_REQUEST, payloadOffset(call.flags) + payload.length);
    AtomicBuffer out = writer.buffer();
    out.putLong(at + CORRELATION_OFFSET, correlation);
    out.putLong(at + DEADLINE_OFFSET, call.deadlineNanos);
    out.putInt(at + HANDLE_OFFSET, handleWord);
    out.putInt(at + OPERATION_OFFSET, call.operation);
    out.putInt(at + FLAGS_OFFSET, call.flags);
    out.putInt(at + PRIORITY_OFFSET, call.priority);
    out.putInt(at + PAYLOAD_BYTES_OFFSET, payload.length);
    out.putInt(at + REPLY_LIMIT_OFFSET, call.replyLimit);
    out.putInt(at + CREDIT_OFFSET, call.credit);
    if ((call.flags & FLAG_INPUT) != 0) {
      reference(at + inputOffset(call.flags), call.input);
    }
    if ((call.flags & FLAG_OUTPUT) != 0) {
      reference(at + outputOffset(call.flags), call.output);
    }
    out.putBytes(at + payloadOffset(call.flags), payload);
    publish();
  }

  private void reference(int at, int segment) {
    writer.buffer().putInt(at + REFERENCE_SEGMENT, segment);
    writer.buffer().putInt(at + REFERENCE_GENERATION, 1);
    writer.buffer().putLong(at + REFERENCE_OFFSET, 0);
    writer.buffer().putLong(at + REFERENCE_LENGTH, SEGMENT_BYTES);
  }

  /** Makes a segment known to the data thread; nobody maps it here. */
  void segment(Device device, int index, int direction) {
    session.segments().add(index, 1, direction, SEGMENT_BYTES, device);
  }

  void cancel(long correlation) {
    int at = claim(TYPE_CANCEL, HEADER_BYTES);
    writer.buffer().putLong(at + CORRELATION_OFFSET, correlation);
    publish();
  }

  void credit(long correlation, int parts) {
    int at = claim(TYPE_CREDIT, HEADER_BYTES);
    writer.buffer().putLong(at + CORRELATION_OFFSET, correlation);
    writer.buffer().putInt(at + CREDIT_OFFSET, parts);
    publish();
  }

  /** A record of zeros behind its header; not yet published. */
  int claim(int type, int length) {
    int at = writer.claim(length, type);
    assertTrue(at >= 0, "the test overruns the request ring");
    writer.buffer().setMemory(at + 8, length - 8, (byte) 0);
    return at;
  }

  void publish() {
    writer.publish();
    wake.afterPublication();
  }

  /** Takes what has come. */
  private void read() {
    int length;
    while ((length = reader.next()) > 0) {
      int at = reader.recordIndex();
      int flags = reader.buffer().getInt(at + FLAGS_OFFSET);
      int status = reader.buffer().getInt(at + STATUS_OFFSET);
      byte[] payload = new byte[reader.buffer().getInt(at + PAYLOAD_BYTES_OFFSET)];
      assertEquals(length, payloadOffset(flags) + payload.length);
      reader.buffer().getBytes(at + payloadOffset(flags), payload);
      Answer answer =
          new Answer(
              reader.buffer().getLong(at + CORRELATION_OFFSET),
              reader.buffer().getInt(at + HANDLE_OFFSET),
              reader.buffer().getInt(at + OPERATION_OFFSET),
              flags,
              Reason.statusOf(status),
              Reason.reasonOf(status),
              reader.buffer().getInt(at + PART_OFFSET),
              reader.buffer().getInt(at + DEVICE_CODE_OFFSET),
              new String(payload, UTF_8));
      if (answer.isEnd()) {
        assertEquals(0, ends.merge(answer.correlation, 1, Integer::sum) - 1, "ENDs before this");
        slotsTaken.clear(slotOf(answer.correlation));
      } else {
        assertEquals(0, ends.get(answer.correlation), "a part after the END");
      }
      answers.add(answer);
    }
    assertEquals(RingReader.NONE, length, reader.violation());
    reader.release();
  }

  /** All answers that have come since the last look. */
  List<Answer> answers() {
    harness.step();
    return answered();
  }

  /** As {@link #answers}, of what has come by now. */
  List<Answer> answered() {
    read();
    List<Answer> taken = new ArrayList<>(answers);
    answers.clear();
    return taken;
  }

  /** The only answer that has come, or fails. */
  Answer answer() {
    List<Answer> all = answers();
    assertEquals(1, all.size(), () -> "answers: " + all + ", reports: " + harness.reports);
    return all.get(0);
  }

  void assertNoAnswer() {
    assertEquals(List.of(), answers());
  }

  /** Requests without their END so far. */
  List<Long> waiting() {
    return ends.entrySet().stream()
        .filter(e -> e.getValue() == 0)
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  boolean hasFreeSlot() {
    return slotsTaken.nextClearBit(0) < session.maxInFlight();
  }

  void assertNothingReserved() {
    assertEquals(0, session.inFlight(), session + " in flight");
    assertTrue(session.isQuiet(), session + " is not quiet");
    assertTrue(
        session.hasReplySpace(
            replyBudget(memory.broker().ring().capacity(), DataPathHarness.MAX_INLINE_BYTES)),
        session + " has reservations left");
  }
}
