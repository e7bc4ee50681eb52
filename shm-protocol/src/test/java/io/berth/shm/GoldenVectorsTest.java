// SPDX-License-Identifier: Apache-2.0
package io.berth.shm;

import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.*;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.Permission;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Holds the Java side to {@code golden/vectors.txt}, to which the C side is held as well. A changed
 * layout shows as a difference here; {@code -Dberth.golden.write=true} writes the file anew, which
 * is right only together with a new protocol version.
 */
class GoldenVectorsTest {
  private static final Path FILE = Path.of("golden", "vectors.txt");
  private static final String HEADER =
      """
      # Golden vectors of the Berth protocol 1.0. One vector a line: kind name hex
      #   message  a control message, whole datagram, token 0x1122334455667788
      #   frame    a record as it stands in a ring, without alignment padding
      #   header   the first 768 bytes of a new region (page size 4096): the client's, the broker's, the worker's
      #   ring     a whole ring of 4096 bytes after records of 10, 3000 and 1500 bytes (type 1, byte i = length + i for i >= 8),
      #            each consumed before the next is written, so that the third wraps
      #   status, reason         number, fixed name (instead of hex)
      #   operation              name, number
      #   hsm-request, hsm-reply protobuf payloads of the HSM operations
      # Every field value is chosen so that no two neighbouring fields look alike.
      """;

  @Test
  void layouts_are_those_of_the_golden_file() throws Exception {
    List<String> lines = new ArrayList<>(HEADER.lines().toList());
    messages(lines);
    frames(lines);
    furtherFrames(lines);
    header(lines);
    ring(lines);
    for (Status status : Status.values()) {
      lines.add("status " + status.code() + " " + status);
    }
    for (Reason reason : Reason.values()) {
      lines.add("reason " + reason.code() + " " + reason);
    }
    GoldenHsm.add(lines);
    if (Boolean.getBoolean("berth.golden.write")) {
      Files.write(FILE, lines);
    }
    assertEquals(String.join("\n", Files.readAllLines(FILE)), String.join("\n", lines));
  }

  private static void messages(List<String> lines) throws Exception {
    message(lines, "hello", new Hello(1, 0, 65536, 131072, "payments-应用"));
    message(lines, "open", new Open(0x206, "hsm:payments/sign-key-1", "tenant-a"));
    message(lines, "close", new Close(0x00010002));
    message(lines, "segment-add", new SegmentAdd(0x00010002, 1, 0x400000L));
    message(lines, "segment-drop", new SegmentDrop(3, 4));
    message(lines, "segment-wipe", new SegmentWipe(3, 4, 0x10000L, 0x4000L));
    message(lines, "goodbye", new Goodbye());
    message(lines, "list", new ListNames(0x00010002, "tenant-a"));
    message(lines, "worker-hello", new WorkerHello(1, 0, 7, 4321, true, "payments"));
    message(
        lines,
        "worker-ready",
        new WorkerReady(
            4,
            8,
            "hsm/sdf",
            "softcard 1.0",
            "all algorithms passed",
            List.of(
                new OperationEntry(
                    Permission.SIGN.operation(1), ReplayClass.RANDOMISED, "SM2_SIGN"),
                new OperationEntry(EchoOperation.ONCE, ReplayClass.AT_MOST_ONCE, "ONCE")),
            1,
            "Java SUN 17",
            List.of(Permission.AGREE.operation(2)),
            List.of(Permission.EXPORT.operation(5))));
    message(lines, "worker-failed", new WorkerFailed(true, "no such library"));
    message(lines, "segment-mapped", new SegmentMapped(0x0102030405060708L, 3, 4, Status.OK));
    message(lines, "segment-released", new SegmentReleased(0x0102030405060708L, 3, 4));
    message(lines, "worker-more", new WorkerMore());
    message(
        lines, "worker-keys", new WorkerKeys(Map.of("target.sign-key-1.group_signing_key", "0a")));
    message(
        lines,
        "welcome",
        new Welcome(
            1,
            0,
            0x0102030405060708L,
            0x1112131415161718L,
            0x2122232425262728L,
            65536,
            131072,
            4096,
            1024,
            50));
    message(lines, "opened", new Opened(0x00010002, 0x206, 1, 30_000_000_000L, "hsm/sdf"));
    message(lines, "closed", new Closed());
    message(lines, "segment-added", new SegmentAdded(3, 4, 0x400000L));
    message(lines, "segment-wiped", new SegmentWiped());
    message(
        lines,
        "refused",
        new Refused(Status.PERMISSION_DENIED, Reason.NOT_PERMITTED, "uid 1000 may not"));
    message(lines, "goaway", new GoAway(Reason.GOING_AWAY, "reload"));
    message(lines, "expelled", new Expelled(Reason.MALFORMED_FRAME, "frame of 8 bytes"));
    message(
        lines,
        "listed",
        new Listed(
            5,
            List.of(
                new ListedEntry("hsm:payments", 0, "hsm/sdf", Map.of()),
                new ListedEntry(
                    "hsm:payments/sign-key-1", 0x206, "hsm/sdf", Map.of("algorithm", "sm2")))));
    message(
        lines,
        "worker-welcome",
        new WorkerWelcome(
            1,
            0,
            0x1112131415161718L,
            9,
            0x2122232425262728L,
            65536,
            131072,
            4096,
            250,
            50,
            "hsm/sdf",
            Map.of("library", "/usr/lib/libsdf.so"),
            1));
    message(lines, "worker-settings", new WorkerSettings(Map.of("target.sign-key-1.index", "1")));
    message(lines, "segment-map", new SegmentMap(0x0102030405060708L, 3, 4, 2, 0x400000L));
    message(lines, "segment-unmap", new SegmentUnmap(0x0102030405060708L, 3, 4));
  }

  private static void message(List<String> lines, String name, ControlMessage message)
      throws Exception {
    ByteBuffer bytes = ControlCodec.encode(0x1122334455667788L, message);
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    lines.add("message " + name + " " + HexFormat.of().formatHex(copy));
    ControlCodec.Envelope back = ControlCodec.decode(bytes);
    assertEquals(message, back.message());
    assertEquals(0x1122334455667788L, back.token());
  }

  private static void frames(List<String> lines) {
    byte[] record = new byte[1024];
    UnsafeBuffer frame = new UnsafeBuffer(record);
    int request = requestFrame(frame, 0);
    lines.add("frame request " + HexFormat.of().formatHex(record, 0, request));

    int flags =
        FLAG_IDEMPOTENT | FLAG_STREAM | FLAG_TRACE | FLAG_INPUT | FLAG_OUTPUT | FLAG_SESSION;
    int full = requestFrame(frame, flags);
    lines.add("frame request-with-blocks " + HexFormat.of().formatHex(record, 0, full));

    frame.setMemory(0, record.length, (byte) 0);
    byte[] text = "queue 512 >= 512".getBytes(StandardCharsets.UTF_8);
    frame.putInt(LENGTH_OFFSET, HEADER_BYTES + text.length);
    frame.putInt(TYPE_OFFSET, TYPE_RESPONSE);
    frame.putLong(CORRELATION_OFFSET, 0x0000012345670009L);
    frame.putInt(HANDLE_OFFSET, 0x00010002);
    frame.putInt(STATUS_OFFSET, Reason.QUEUE_FULL.word());
    frame.putInt(PAYLOAD_BYTES_OFFSET, text.length);
    frame.putBytes(HEADER_BYTES, text);
    lines.add(
        "frame response-queue-full "
            + HexFormat.of().formatHex(record, 0, HEADER_BYTES + text.length));
  }

  /** What goes back to a client with blocks or in parts, what else it sends, what a worker gets. */
  private static void furtherFrames(List<String> lines) {
    UnsafeBuffer frame = frame(TYPE_RESPONSE, FLAG_MORE, "part");
    frame.putInt(PART_OFFSET, 2);
    add(lines, "response-more", frame);

    int blocks = FLAG_TRACE | FLAG_OUTPUT;
    frame = frame(TYPE_RESPONSE, blocks, "ok");
    for (int stage = 0; stage < TRACE_BYTES; stage += Long.BYTES) {
      frame.putLong(HEADER_BYTES + stage, 0x3132333435363730L + stage);
    }
    reference(frame, outputOffset(blocks), 5, 6, 0x3000, 0x1234);
    add(lines, "response-with-blocks", frame);

    frame = frame(TYPE_CREDIT, 0, "");
    frame.putInt(CREDIT_OFFSET, 7);
    add(lines, "credit", frame);
    add(lines, "cancel", frame(TYPE_CANCEL, 0, ""));

    frame = frame(TYPE_BIND, 0, "sign-key-1");
    frame.putLong(CORRELATION_OFFSET, 0);
    frame.putInt(HANDLE_OFFSET, 11);
    frame.putInt(EPOCH_OFFSET, 9);
    add(lines, "bind", frame);
    frame = frame(TYPE_SESSION_CLOSED, FLAG_SESSION, "");
    frame.putLong(CORRELATION_OFFSET, 0);
    frame.putLong(sessionOffset(FLAG_SESSION), 0x0102030405060708L);
    frame.putInt(EPOCH_OFFSET, 9);
    add(lines, "session-closed", frame);
    frame = frame(TYPE_GOAWAY, 0, "");
    frame.putLong(CORRELATION_OFFSET, 0);
    frame.putInt(EPOCH_OFFSET, 9);
    add(lines, "goaway", frame);
  }

  private static UnsafeBuffer frame(int type, int flags, String payload) {
    UnsafeBuffer frame = new UnsafeBuffer(new byte[payloadOffset(flags) + payload.length()]);
    frame.putInt(LENGTH_OFFSET, frame.capacity());
    frame.putInt(TYPE_OFFSET, type);
    frame.putLong(CORRELATION_OFFSET, 0x0000012345670009L);
    frame.putInt(FLAGS_OFFSET, flags);
    frame.putInt(PAYLOAD_BYTES_OFFSET, payload.length());
    frame.putBytes(payloadOffset(flags), payload.getBytes(StandardCharsets.US_ASCII));
    return frame;
  }

  private static void add(List<String> lines, String name, UnsafeBuffer frame) {
    lines.add("frame " + name + " " + hex(frame, frame.capacity()));
  }

  private static int requestFrame(MutableDirectBuffer frame, int flags) {
    frame.setMemory(0, 1024, (byte) 0);
    byte[] payload = "0123456789".getBytes(StandardCharsets.US_ASCII);
    int length = payloadOffset(flags) + payload.length;
    frame.putInt(LENGTH_OFFSET, length);
    frame.putInt(TYPE_OFFSET, TYPE_REQUEST);
    frame.putLong(CORRELATION_OFFSET, 0x0000012345670009L);
    frame.putLong(DEADLINE_OFFSET, 0x2122232425262728L);
    frame.putInt(HANDLE_OFFSET, 0x00010002);
    frame.putInt(OPERATION_OFFSET, EchoOperation.ECHO);
    frame.putInt(FLAGS_OFFSET, flags);
    frame.putInt(PRIORITY_OFFSET, 1);
    frame.putInt(PAYLOAD_BYTES_OFFSET, payload.length);
    frame.putInt(REPLY_LIMIT_OFFSET, 256);
    frame.putInt(CREDIT_OFFSET, (flags & FLAG_STREAM) != 0 ? 5 : 0);
    if ((flags & FLAG_TRACE) != 0) {
      frame.putLong(HEADER_BYTES + TRACE_SUBMITTED, 0x3132333435363738L);
    }
    if ((flags & FLAG_INPUT) != 0) {
      reference(frame, inputOffset(flags), 3, 4, 0x1000, 0x2000);
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      reference(frame, outputOffset(flags), 5, 6, 0x3000, 0x4000);
    }
    if ((flags & FLAG_SESSION) != 0) {
      frame.putLong(sessionOffset(flags), 0x0102030405060708L);
    }
    frame.putBytes(payloadOffset(flags), payload);
    return length;
  }

  private static void reference(
      MutableDirectBuffer frame, int index, int segment, int generation, long offset, long length) {
    frame.putInt(index + REFERENCE_SEGMENT, segment);
    frame.putInt(index + REFERENCE_GENERATION, generation);
    frame.putLong(index + REFERENCE_OFFSET, offset);
    frame.putLong(index + REFERENCE_LENGTH, length);
  }

  private static void header(List<String> lines) {
    header(lines, "client", RegionDescriptor.KIND_CLIENT, 0x0102030405060708L);
    header(lines, "broker", RegionDescriptor.KIND_BROKER, 0x0102030405060708L);
    header(lines, "worker", RegionDescriptor.KIND_WORKER, 9); // A worker's epoch.
  }

  private static void header(List<String> lines, String name, int kind, long session) {
    UnsafeBuffer memory = memory(RegionDescriptor.regionBytes(4096, 4096));
    Region.create(memory.addressOffset(), 4096, 4096, kind, session, 0x1112131415161718L);
    lines.add("header " + name + " " + hex(memory, RegionDescriptor.WORDS_END_OFFSET));
  }

  /** Two laps: records of 10, 3000 and 1500 bytes; the last one does not fit before the end. */
  private static void ring(List<String> lines) {
    UnsafeBuffer ownMemory = memory(RegionDescriptor.regionBytes(4096, 4096));
    UnsafeBuffer peerMemory = memory(RegionDescriptor.regionBytes(4096, 4096));
    Region own =
        Region.create(ownMemory.addressOffset(), 4096, 4096, RegionDescriptor.KIND_CLIENT, 1, 1);
    Region peer =
        Region.create(peerMemory.addressOffset(), 4096, 4096, RegionDescriptor.KIND_BROKER, 1, 1);
    RingWriter writer = new RingWriter(own, peer);
    RingReader reader = new RingReader(own, peer, 4096);
    for (int length : new int[] {10, 3000, 1500}) {
      int index = writer.claim(length, 1);
      for (int i = 8; i < length; i++) {
        writer.buffer().putByte(index + i, (byte) (length + i));
      }
      writer.publish();
      assertEquals(length, reader.next());
      assertEquals(index, reader.recordIndex());
      reader.release();
    }
    assertEquals(4096 + 1504, own.tailAcquire());
    lines.add("ring wrapped " + HexFormat.of().formatHex(bytes(own.ring(), 4096)));
  }

  private static UnsafeBuffer memory(long bytes) {
    return new UnsafeBuffer(ByteBuffer.allocateDirect((int) bytes));
  }

  private static String hex(UnsafeBuffer memory, int bytes) {
    return HexFormat.of().formatHex(bytes(memory, bytes));
  }

  private static byte[] bytes(org.agrona.DirectBuffer memory, int bytes) {
    byte[] copy = new byte[bytes];
    memory.getBytes(0, copy);
    return copy;
  }
}
