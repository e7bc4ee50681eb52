// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.berth.client.Reason;
import io.berth.client.StatusCode;
import io.berth.client.memory.SharedWords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The same vectors hold the Java protocol, the C protocol and this client together. */
class GoldenVectorsTest {
  private static final long TOKEN = 0x1122334455667788L;
  private static final Map<String, String> VECTORS = new HashMap<>();

  @BeforeAll
  static void read() throws IOException {
    Path file = Path.of("../../shm-protocol/golden/vectors.txt");
    for (String line : Files.readAllLines(file)) {
      if (!line.startsWith("#") && !line.isBlank()) {
        String[] parts = line.split(" ", 3);
        VECTORS.put(parts[0] + " " + parts[1], parts[2]);
      }
    }
  }

  private static byte[] vector(String name) {
    return HexFormat.of().parseHex(VECTORS.get(name));
  }

  private static void assertWritten(String name, ControlMessage message) {
    ByteBuffer datagram = message.datagram();
    byte[] bytes = new byte[datagram.remaining()];
    datagram.get(bytes);
    assertArrayEquals(vector("message " + name), bytes, name);
  }

  @Test
  void control_messages_are_written_as_the_vectors_have_them() {
    assertWritten(
        "hello",
        ControlMessage.outgoing(ControlKind.HELLO, TOKEN)
            .putU16(1)
            .putU16(0)
            .putU32(0x10000)
            .putU32(0x20000)
            .putText("payments-应用"));
    assertWritten(
        "open",
        ControlMessage.outgoing(ControlKind.OPEN, TOKEN)
            .putU32(0x206)
            .putText("hsm:payments/sign-key-1")
            .putText("tenant-a"));
    assertWritten("close", ControlMessage.outgoing(ControlKind.CLOSE, TOKEN).putU32(0x10002));
    assertWritten(
        "segment-add",
        ControlMessage.outgoing(ControlKind.SEGMENT_ADD, TOKEN)
            .putU32(0x10002)
            .putU32(1)
            .putU64(0x400000));
    assertWritten(
        "segment-drop",
        ControlMessage.outgoing(ControlKind.SEGMENT_DROP, TOKEN).putU32(3).putU32(4));
    assertWritten(
        "list",
        ControlMessage.outgoing(ControlKind.LIST, TOKEN).putU32(0x10002).putText("tenant-a"));
    assertWritten("goodbye", ControlMessage.outgoing(ControlKind.GOODBYE, TOKEN));
  }

  @Test
  void control_messages_are_read_as_the_vectors_have_them_and_surplus_is_ignored() {
    ControlMessage opened = incoming("opened");
    assertEquals(0x10002, opened.u32());
    assertEquals(0x206, opened.u32());
    assertEquals(1, opened.u32());
    assertEquals(30_000_000_000L, opened.u64());
    assertEquals("hsm/sdf", opened.text());
    assertThrows(ProtocolViolation.class, opened::u16);

    ControlMessage refused = incoming("refused");
    assertEquals(7, refused.u32());
    assertEquals(12, refused.u32());
    assertEquals("uid 1000 may not", refused.text());

    ControlMessage goaway = incoming("goaway");
    assertEquals(20, goaway.u32());
    assertEquals("reload", goaway.text());

    ControlMessage added = incoming("segment-added");
    assertEquals(3, added.u32());
    assertEquals(4, added.u32());
    assertEquals(0x400000, added.u64());

    ControlMessage listed = incoming("listed");
    assertEquals(5, listed.u32());
    assertEquals(2, listed.count(12));
    assertEquals("hsm:payments", listed.text());
    assertEquals(0, listed.u32());
    assertEquals("hsm/sdf", listed.text());
    assertEquals(0, listed.count(4));
    assertEquals("hsm:payments/sign-key-1", listed.text());
    assertEquals(0x206, listed.u32());
    assertEquals("hsm/sdf", listed.text());
    assertEquals(1, listed.count(4));
    assertEquals("algorithm", listed.text());
    assertEquals("sm2", listed.text());

    ControlMessage welcome = incoming("welcome");
    assertEquals(1, welcome.u16());
    assertEquals(0, welcome.u16());
    assertEquals(0x0102030405060708L, welcome.u64());
    assertEquals(0x1112131415161718L, welcome.u64());
    assertEquals(0x2122232425262728L, welcome.u64());
    assertEquals(0x10000, welcome.u32());
    assertEquals(0x20000, welcome.u32());
    assertEquals(4096, welcome.u32());
    assertEquals(1024, welcome.u32());
    assertEquals(50, welcome.u32());
  }

  private static ControlMessage incoming(String name) {
    ControlMessage message = ControlMessage.incoming(ByteBuffer.wrap(vector("message " + name)));
    assertEquals(TOKEN, message.token());
    return message;
  }

  @Test
  void the_regions_header_is_read() {
    ByteBuffer region = ByteBuffer.allocate(4096 + 4096).order(ByteOrder.LITTLE_ENDIAN);
    region.put(0, vector("header client"));
    int ringBytes = region.getInt(24);
    ByteBuffer whole = ByteBuffer.allocate(4096 + ringBytes).order(ByteOrder.LITTLE_ENDIAN);
    whole.put(0, vector("header client"));
    assertEquals(
        4096,
        RegionLayout.checkedRingOffset(
            whole, whole.capacity(), RegionLayout.KIND_CLIENT, 1, ringBytes, 0x0102030405060708L));
    assertThrows(
        ProtocolViolation.class,
        () ->
            RegionLayout.checkedRingOffset(
                whole,
                whole.capacity(),
                RegionLayout.KIND_BROKER,
                1,
                ringBytes,
                0x0102030405060708L));
  }

  @Test
  void a_ring_is_written_as_the_vector_has_it_and_read_back() {
    Side own = new Side();
    Side brokers = new Side();
    List<String> rings = new ArrayList<>();
    RequestRing ring =
        new RequestRing(own.memory, 4096, 4096, own.words, brokers.words, () -> rings.add("!"));
    for (int length : new int[] {10, 3000, 1500}) {
      int at = ring.claim(length, 1);
      assertTrue(at > 0);
      for (int i = 8; i < length; i++) {
        own.memory.put(at + i, (byte) (length + i));
      }
      assertTrue(ring.publish());
      brokers.words.setRelease(RegionLayout.HEAD, ring.stagedPosition());
    }
    byte[] written = new byte[4096];
    own.memory.get(4096, written);
    assertArrayEquals(vector("ring wrapped"), written);
    assertEquals(List.of(), rings, "nobody slept");
  }

  @Test
  void a_sleeper_is_rung_once_per_sleep_and_again_after_a_ring_that_failed() {
    Side own = new Side();
    Side brokers = new Side();
    List<Long> rings = new ArrayList<>();
    boolean[] works = {true};
    RequestRing ring =
        new RequestRing(
            own.memory,
            4096,
            4096,
            own.words,
            brokers.words,
            () -> {
              rings.add(brokers.words.getOpaque(RegionLayout.SLEEP));
              return works[0];
            });
    for (long sleep : new long[] {1, 1, 2, 3, 3}) {
      brokers.words.setOpaque(RegionLayout.SLEEP, sleep);
      ring.claim(8, 1);
      ring.publish();
    }
    assertEquals(List.of(1L, 3L), rings);
    works[0] = false;
    brokers.words.setOpaque(RegionLayout.SLEEP, 5);
    ring.claim(8, 1);
    assertFalse(ring.publish());
    ring.claim(8, 1);
    assertFalse(ring.publish());
    assertEquals(List.of(1L, 3L, 5L, 5L), rings);
  }

  @Test
  void a_response_is_read_as_the_vector_has_it() {
    Side own = new Side();
    Side brokers = new Side();
    byte[] frame = vector("frame response-queue-full");
    brokers.memory.put(4096, frame);
    brokers.words.setRelease(RegionLayout.TAIL, FrameLayout.align8(frame.length));
    ResponseRing ring =
        new ResponseRing(brokers.memory, 4096, 4096, own.words, brokers.words, 4096);
    assertTrue(ring.next());
    assertEquals(0x0123456700000009L & 0xFFFF, ring.correlation() & 0xFFFF);
    assertEquals(8, ring.statusCode());
    assertEquals(Reason.QUEUE_FULL, Reason.of(ring.reason()));
    byte[] text = new byte[ring.payloadBytes()];
    ring.copyPayload(text, 0);
    assertEquals("queue 512 >= 512", new String(text, StandardCharsets.UTF_8));
    ring.consumed();
    assertFalse(ring.next());
    assertEquals(80, own.words.getAcquire(RegionLayout.HEAD));
  }

  @Test
  void a_part_and_an_answer_with_blocks_are_read_as_the_vectors_have_them() {
    Side own = new Side();
    Side brokers = new Side();
    byte[] more = vector("frame response-more");
    byte[] blocks = vector("frame response-with-blocks");
    int second = FrameLayout.align8(more.length);
    brokers.memory.put(4096, more);
    brokers.memory.put(4096 + second, blocks);
    brokers.words.setRelease(RegionLayout.TAIL, second + FrameLayout.align8(blocks.length));
    ResponseRing ring =
        new ResponseRing(brokers.memory, 4096, 4096, own.words, brokers.words, 4096);
    assertTrue(ring.next());
    assertEquals(FrameLayout.MORE, ring.flags());
    assertEquals(2, ring.part());
    assertEquals(-1, ring.untrustedOutputBytes());
    assertEquals("part", payload(ring));
    ring.consumed();
    assertTrue(ring.next());
    assertEquals(FrameLayout.TRACE_FLAG | FrameLayout.OUTPUT_FLAG, ring.flags());
    for (int stage = 0; stage < 6; stage++) {
      assertEquals(0x3132333435363730L + 8L * stage, ring.traceNanos(stage));
    }
    assertEquals(0x1234, ring.untrustedOutputBytes());
    assertEquals("ok", payload(ring));
  }

  private static String payload(ResponseRing ring) {
    byte[] bytes = new byte[ring.payloadBytes()];
    ring.copyPayload(bytes, 0);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  @Test
  void the_brokers_region_is_told_from_the_others() {
    for (String kind : new String[] {"client", "broker", "worker"}) {
      ByteBuffer region = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
      region.put(0, vector("header " + kind));
      if (kind.equals("broker")) {
        assertEquals(4096, brokersRing(region));
      } else {
        assertThrows(ProtocolViolation.class, () -> brokersRing(region), kind);
      }
    }
  }

  private static int brokersRing(ByteBuffer region) {
    return RegionLayout.checkedRingOffset(
        region, 8192, RegionLayout.KIND_BROKER, 1, 4096, 0x0102030405060708L);
  }

  @Test
  void status_codes_have_the_numbers_and_names_of_the_vectors() {
    for (StatusCode status : StatusCode.values()) {
      assertEquals(status.name(), VECTORS.get("status " + status.number()));
    }
    assertFalse(VECTORS.containsKey("status " + StatusCode.values().length));
  }

  @Test
  void reasons_have_the_numbers_and_strings_of_the_vectors() {
    int found = 0;
    for (Map.Entry<String, String> each : VECTORS.entrySet()) {
      if (each.getKey().startsWith("reason ")) {
        int number = Integer.parseInt(each.getKey().substring(7));
        assertEquals(each.getValue(), Reason.of(number).toString());
        assertEquals(number, Reason.of(number).number());
        found++;
      }
    }
    assertEquals(Reason.UNRECOGNISED.number(), found);
  }

  private static final class Side {
    final ByteBuffer memory = ByteBuffer.allocateDirect(8192).order(ByteOrder.LITTLE_ENDIAN);
    final SharedWords words =
        SharedWords.over(memory, Pointer.nativeValue(Native.getDirectBufferPointer(memory)));
  }
}
