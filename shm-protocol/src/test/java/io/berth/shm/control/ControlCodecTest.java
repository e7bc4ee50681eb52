// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.control;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.GoldenVectors;
import io.berth.shm.control.ControlCodec.Envelope;
import io.berth.shm.control.ControlCodec.MalformedMessageException;
import io.berth.shm.control.ControlMessage.*;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ControlCodecTest {
  private static final List<byte[]> GOLDEN = new ArrayList<>(GoldenVectors.all("message").values());

  private static Envelope decode(byte[] datagram) throws MalformedMessageException {
    return ControlCodec.decode(ByteBuffer.wrap(datagram));
  }

  private static MalformedMessageException malformed(byte[] datagram) {
    return assertThrows(MalformedMessageException.class, () -> decode(datagram));
  }

  /** A datagram with this body and a header that fits it. */
  private static byte[] message(int kind, ByteBuffer body) {
    ByteBuffer out =
        ByteBuffer.allocate(ControlCodec.HEADER_BYTES + body.remaining())
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(ControlCodec.MAGIC).putInt(kind).putInt(body.remaining()).putInt(0).putLong(5);
    return out.put(body).array();
  }

  private static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void every_message_survives_the_way() throws MalformedMessageException {
    List<ControlMessage> messages =
        List.of(
            new Hello(1, 65535, -1, Integer.MIN_VALUE, "支付"),
            new Open(-1, "", "x".repeat(60_000)),
            new Goodbye(),
            new Closed(),
            new WorkerHello(1, 0, 7, 8, true, ""),
            new WorkerReady(
                1, 2, "d", "i", "n", List.of(new OperationEntry(-1, ReplayClass.PURE, "é")), 3),
            new WorkerReady(0, 0, "", "", "", List.of(), 0),
            new WorkerReady(
                0, 0, "", "", "", List.of(), 0, "SUN 17", List.of(7, -1), List.of(-1, 3)),
            new WorkerMore(),
            new WorkerKeys(Map.of("target.k.group_signing_key", "00")),
            new WorkerSettings(Map.of("a", "1")),
            new WorkerFailed(true, "text"),
            new SegmentMapped(-1, 2, 3, Status.UNAUTHENTICATED),
            new Refused(Status.INTERNAL, Reason.SHUTTING_DOWN, "no"),
            new ListNames(-1, "支付"),
            new Listed(0, List.of()),
            new Listed(
                Integer.MIN_VALUE,
                List.of(
                    new ListedEntry("", -1, "", Map.of()),
                    new ListedEntry("é", 1, "d", Map.of("certificate", "x".repeat(60_000))))),
            new WorkerWelcome(
                1, 0, -1, -2, -3, 4, 5, 6, 7, 8, "d", Map.of("a", "1", "", "", "长", "值"), 2));
    for (ControlMessage message : messages) {
      assertEquals(
          new Envelope(Long.MIN_VALUE, message),
          ControlCodec.decode(ControlCodec.encode(Long.MIN_VALUE, message)));
    }
  }

  @Test
  void every_truncation_is_malformed_whether_the_header_admits_it_or_not() {
    for (byte[] golden : GOLDEN) {
      for (int length = 0; length < golden.length; length++) {
        byte[] cut = Arrays.copyOf(golden, length);
        malformed(cut);
        if (length >= ControlCodec.HEADER_BYTES) {
          ByteBuffer.wrap(cut)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(8, length - ControlCodec.HEADER_BYTES);
          if (!isOfOlderPeer(golden, length)) {
            malformed(cut);
          }
        }
      }
    }
  }

  /**
   * WORKER_READY ended before its numbers of lanes, of a module and twice of operations once, and
   * WORKER_WELCOME before its number of further messages.
   */
  private static boolean isOfOlderPeer(byte[] golden, int length) {
    int operations = 2 * Integer.BYTES;
    int module = Short.BYTES + "Java SUN 17".length();
    List<Integer> missing =
        switch (ByteBuffer.wrap(golden).order(ByteOrder.LITTLE_ENDIAN).getInt(4)) {
          case WorkerReady.KIND ->
              List.of(
                  operations,
                  2 * operations,
                  2 * operations + module,
                  2 * operations + module + Integer.BYTES);
          case WorkerWelcome.KIND -> List.of(Integer.BYTES);
          default -> List.of();
        };
    return missing.contains(golden.length - length);
  }

  @Test
  void surplus_bytes_of_a_newer_minor_version_are_ignored() throws MalformedMessageException {
    for (byte[] golden : GOLDEN) {
      byte[] longer = Arrays.copyOf(golden, golden.length + 12);
      ByteBuffer.wrap(longer)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(8, longer.length - ControlCodec.HEADER_BYTES);
      assertEquals(decode(golden), decode(longer));
    }
  }

  @Test
  void a_length_in_the_header_that_is_not_the_datagrams_is_malformed() {
    for (byte[] golden : GOLDEN) {
      for (int wrong : new int[] {-1, golden.length, golden.length - 23, Integer.MIN_VALUE}) {
        byte[] changed = golden.clone();
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(8, wrong);
        malformed(changed);
      }
    }
  }

  @Test
  void magic_and_kind_are_checked() {
    byte[] changed = GOLDEN.get(0).clone();
    changed[0] ^= 1;
    assertTrue(malformed(changed).getMessage().startsWith("magic"));
    for (int kind : new int[] {0, 9, 32, 64, 74, 101, -1, Integer.MIN_VALUE}) {
      assertTrue(malformed(message(kind, body(64))).getMessage().contains("unknown kind"));
    }
  }

  @Test
  void a_string_beyond_the_body_is_malformed() {
    ByteBuffer open = body(10);
    open.putInt(0).putShort((short) 0xFFFF).putInt(0).flip();
    String text = malformed(message(Open.KIND, open)).getMessage();
    assertTrue(text.contains("string of 65535 bytes with 4 left"), text);
  }

  @Test
  void a_string_that_is_not_utf_8_is_malformed() {
    byte[][] wrong = {{(byte) 0x80}, {(byte) 0xC0, (byte) 0x80}, {(byte) 0xED, (byte) 0xA0, 0}};
    for (byte[] bytes : wrong) {
      ByteBuffer failed = body(6 + bytes.length);
      failed.putInt(0).putShort((short) bytes.length).put(bytes).flip();
      assertEquals(
          "string is not UTF-8", malformed(message(WorkerFailed.KIND, failed)).getMessage());
    }
  }

  @Test
  void a_count_is_believed_only_as_far_as_the_bytes_go() {
    for (int count : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 2}) {
      ByteBuffer ready = body(28);
      ready.putInt(1).putInt(1).putShort((short) 0).putShort((short) 0).putShort((short) 0);
      ready.putInt(count).putInt(0).putInt(0).putShort((short) 0).flip();
      String text = malformed(message(WorkerReady.KIND, ready)).getMessage();
      assertTrue(text.startsWith("count " + count), text);
    }
  }

  @Test
  void counts_of_names_and_of_attributes_are_believed_only_as_far_as_the_bytes_go() {
    for (int count : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 2}) {
      ByteBuffer names = body(20);
      names.putInt(0).putInt(count).putLong(0).putInt(0).flip();
      String text = malformed(message(Listed.KIND, names)).getMessage();
      assertTrue(text.startsWith("count " + count), text);
      ByteBuffer attributes = body(24);
      attributes.putInt(0).putInt(1).putLong(0).putInt(count).putInt(0).flip();
      text = malformed(message(Listed.KIND, attributes)).getMessage();
      assertTrue(text.startsWith("count " + count), text);
    }
  }

  @Test
  void foreign_numbers_of_enums_become_the_cautious_value() throws MalformedMessageException {
    ByteBuffer ready = body(28);
    ready.putInt(1).putInt(1).putShort((short) 0).putShort((short) 0).putShort((short) 0);
    ready.putInt(1).putInt(9).putInt(77).putShort((short) 0).flip();
    WorkerReady decoded = (WorkerReady) decode(message(WorkerReady.KIND, ready)).message();
    assertEquals(ReplayClass.AT_MOST_ONCE, decoded.operations().get(0).replay());
    assertEquals(0, decoded.interactiveLanes(), "of a worker that does not know the field");
    ByteBuffer refused = body(10);
    refused.putInt(-5).putInt(999).putShort((short) 0).flip();
    assertEquals(
        new Refused(Status.UNKNOWN, Reason.NONE, ""),
        decode(message(Refused.KIND, refused)).message());
  }

  @Test
  void random_bytes_behind_a_right_header_are_a_message_or_malformed() {
    Random random = new Random(21);
    for (int i = 0; i < 300_000; i++) {
      byte[] bytes = new byte[random.nextInt(120)];
      random.nextBytes(bytes);
      int kind = random.nextInt(100);
      try {
        decode(message(kind, ByteBuffer.wrap(bytes)));
      } catch (MalformedMessageException expected) {
        assertFalse(expected.getMessage().isEmpty());
      }
    }
  }

  @Test
  void mutated_messages_are_a_message_or_malformed() {
    Random random = new Random(22);
    for (int i = 0; i < 300_000; i++) {
      byte[] bytes = GOLDEN.get(random.nextInt(GOLDEN.size())).clone();
      for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] =
            (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(3) - 1);
      }
      try {
        decode(bytes);
      } catch (MalformedMessageException expected) {
        assertFalse(expected.getMessage().isEmpty());
      }
    }
  }

  @Test
  void a_text_too_long_for_a_message_is_refused_by_the_encoder() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ControlCodec.encode(1, new WorkerFailed(false, "x".repeat(65_536))));
  }
}
