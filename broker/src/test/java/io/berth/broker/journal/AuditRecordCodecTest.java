// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.journal.AuditRecordCodec.MalformedRecordException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AuditRecordCodecTest {
  private final AuditRecordCodec codec = new AuditRecordCodec();

  @Test
  void the_bytes_of_a_record_are_fixed() {
    AuditEntry entry = AuditEntry.of(AuditEvent.HANDLE_DENIED, 1000, 77, 7, "ab", "", "泊", "o", "");
    byte[] bytes = codec.encode(new AuditRecord(0x0102030405060708L, 3, entry));
    assertEquals(
        "01"
            + "00"
            + "2400"
            + "0807060504030201"
            + "0300000000000000"
            + "e8030000"
            + "4d000000"
            + "07000000"
            + "02006162"
            + "0000"
            + "0300e6b38a"
            + "01006f"
            + "0000",
        HexFormat.of().formatHex(bytes));
  }

  @Test
  void what_is_encoded_is_decoded_the_same() throws MalformedRecordException {
    for (AuditEvent event : AuditEvent.values()) {
      AuditEntry entry =
          AuditEntry.of(
              event, -1, Integer.MAX_VALUE, -5, "p".repeat(128), "s", "资源/1", "op", "d\n\"\u0000");
      AuditRecord record = new AuditRecord(Long.MAX_VALUE, -1, entry);
      assertEquals(record, AuditRecordCodec.decode(codec.encode(record)));
    }
  }

  @Test
  void over_long_text_is_cut_at_a_character_and_marked() throws MalformedRecordException {
    String many = "泊".repeat(5000);
    AuditEntry entry = AuditEntry.of(AuditEvent.KEY_USED, 0, 0, 0, many, "ok", many, "", many);
    assertEquals("泊".repeat(42), entry.principal());
    assertEquals("泊".repeat(341), entry.detail());
    assertEquals(0b10101, entry.truncatedFields());
    AuditRecord record = new AuditRecord(1, 1, entry);
    byte[] bytes = codec.encode(record);
    assertTrue(bytes.length <= AuditRecordCodec.MAX_BYTES);
    assertEquals(record, AuditRecordCodec.decode(bytes));
    assertTrue(record.toString().contains("\"(cut)"), record.toString());
    assertFalse(record.toString().contains("for=\"ok\"(cut)"), record.toString());
  }

  @Test
  void over_long_text_is_refused_where_nothing_may_be_cut() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new AuditEntry(AuditEvent.KEY_USED, 0, 0, 0, "x".repeat(129), "", "", "", "", 0));
    assertTrue(refused.getMessage().contains("129 bytes > limit 128"), refused.getMessage());
  }

  @Test
  void unpaired_surrogates_have_one_encoding() throws MalformedRecordException {
    AuditEntry entry =
        AuditEntry.of(AuditEvent.KEY_USED, 0, 0, 0, "a\uD800b", "", "", "", "\uDC00");
    assertEquals("a?b", entry.principal());
    AuditRecord record = new AuditRecord(1, 1, entry);
    assertEquals(record, AuditRecordCodec.decode(codec.encode(record)));
  }

  @Test
  void foreign_text_cannot_imitate_another_line() {
    AuditEntry entry =
        AuditEntry.of(
            AuditEvent.KEY_USED, 0, 1, 0, "a\" status=0\n5 2026", "\u202e\u2028", "\\", "", "");
    String line = new AuditRecord(1, 1, entry).toString();
    assertEquals(1, line.lines().count());
    assertTrue(line.contains("principal=\"a\\\" status=0\\u{a}5 2026\""), line);
    assertTrue(line.contains("for=\"\\u{202e}\\u{2028}\""), line);
    assertTrue(line.contains("resource=\"\\\\\""), line);
  }

  @Test
  void whatever_is_decoded_has_exactly_these_bytes() {
    Random random = new Random(7);
    AuditEntry entry =
        AuditEntry.of(AuditEvent.KEY_USED, 1, 2, 3, "principal", "泊位", "r", "o", "detail");
    byte[] good = codec.encode(new AuditRecord(5, 6, entry));
    int accepted = 0;
    for (int round = 0; round < 50_000; round++) {
      byte[] changed = Arrays.copyOf(good, Math.max(0, good.length + random.nextInt(5) - 2));
      for (int i = random.nextInt(3); i > 0 && changed.length > 0; i--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      try {
        assertArrayEquals(changed, codec.encode(AuditRecordCodec.decode(changed)));
        accepted++;
      } catch (MalformedRecordException e) {
        assertFalse(e.getMessage().isEmpty());
      }
    }
    assertTrue(accepted > 100 && accepted < 50_000, "accepted: " + accepted);
  }

  @Test
  void sm3_and_its_hmac_agree_with_published_vectors() {
    assertEquals(
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        HexFormat.of().formatHex(Sm3.hash("abc".getBytes(StandardCharsets.US_ASCII))));
    // The chain's formula, computed independently from SM3 alone by the definition of HMAC.
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 9);
    byte[] previous = new byte[32];
    byte[] canonical = {1, 2, 3};
    byte[] inner = new byte[64];
    byte[] outer = new byte[64];
    for (int i = 0; i < 64; i++) {
      byte k = i < 32 ? key[i] : 0;
      inner[i] = (byte) (k ^ 0x36);
      outer[i] = (byte) (k ^ 0x5c);
    }
    byte[] sequence = {4, 1, 0, 0, 0, 0, 0, 0};
    byte[] expected = Sm3.hash(outer, Sm3.hash(inner, previous, sequence, canonical));
    try (RatchetKey ratchet = new RatchetKey(260, key)) {
      assertArrayEquals(expected, ratchet.mac(previous, canonical, 3));
      ratchet.step();
      assertArrayEquals(
          Sm3.hash(key, "berth-journal-ratchet-v1".getBytes(StandardCharsets.US_ASCII)),
          ratchet.copyOfKey());
    }
  }
}
