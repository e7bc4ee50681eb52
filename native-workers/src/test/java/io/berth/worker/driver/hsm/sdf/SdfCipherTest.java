// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SM4 in all modes and the MACs in every dialect against Bouncy Castle, in one piece and in many.
 */
@ParameterizedClass(name = "dialect {0}")
@FieldSource("io.berth.worker.driver.hsm.sdf.dialect.Dialects#NAMES")
class SdfCipherTest {
  @Parameter private String dialect;

  private static final int CARD_BYTES = 512;
  private static final byte[] KEY = HexFormat.of().parseHex("00112233445566778899aabbccddeeff");

  /** Its counter runs over its last four bytes. */
  private static final byte[] IV = HexFormat.of().parseHex("f0f1f2f3f4f5f6f7f8f9fafbffffffff");

  private static CardBench bench;
  private static WrappedKey underKek;
  private static WrappedKey underSm2;

  @BeforeParameterizedClassInvocation
  static void open(String dialect) throws Exception {
    SoftwareCard card = SoftwareCard.ofThisProcess();
    card.behave("buffer_size", Integer.toString(CARD_BYTES));
    bench = CardBench.open(CardBench.settings(card, dialect));
    byte[] kek = HexFormat.of().parseHex(SoftwareCard.KEK_HEX);
    underKek = wrapped(Reference.sm4(Algorithm.SM4_ECB, true, kek, null, KEY));
    byte[] xy = Reference.publicKey(Reference.privateKey(SoftwareCard.ENCRYPT_PRIVATE));
    underSm2 = wrapped(Reference.encrypt(xy, KEY));
  }

  @AfterParameterizedClassInvocation
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static WrappedKey wrapped(byte[] blob) {
    return WrappedKey.newBuilder().setBlob(ByteString.copyFrom(blob)).build();
  }

  private static Sm4Request.Builder asked(Sm4Mode mode, byte[] data) {
    Sm4Request.Builder asked =
        Sm4Request.newBuilder().setKey(underKek).setMode(mode).setData(ByteString.copyFrom(data));
    return mode == Sm4Mode.SM4_MODE_ECB ? asked : asked.setIv(ByteString.copyFrom(IV));
  }

  private static Stream<Integer> lengths(Sm4Mode mode) {
    List<Integer> whole = List.of(0, 16, 32, 496, 512, 528, 1024, 4000);
    List<Integer> broken = List.of(1, 15, 17, 31, 33, 511, 513, 1025);
    boolean blocks = mode == Sm4Mode.SM4_MODE_ECB || mode == Sm4Mode.SM4_MODE_CBC;
    return blocks ? whole.stream() : Stream.concat(whole.stream(), broken.stream());
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.MATCH_ALL, names = "SM4_MODE_(ECB|CBC|CFB|OFB|CTR)")
  void ciphertexts_are_those_of_the_reference_at_every_length(Sm4Mode mode) throws Exception {
    for (int bytes : lengths(mode).toList()) {
      byte[] plaintext = SdfOperationsTest.data(bytes);
      byte[] expected = Reference.sm4(Algorithm.of(mode), true, KEY, IV, plaintext);
      Sm4Reply encrypted =
          Sm4Reply.parseFrom(
              bench.call(HsmOperation.SM4_ENCRYPT, "kek", asked(mode, plaintext).build()));
      assertArrayEquals(
          expected, encrypted.getData().toByteArray(), dialect + ": " + bytes + " bytes");
      Sm4Reply decrypted =
          Sm4Reply.parseFrom(
              bench.call(HsmOperation.SM4_DECRYPT, "kek", asked(mode, expected).build()));
      assertArrayEquals(
          plaintext, decrypted.getData().toByteArray(), dialect + ": " + bytes + " bytes");
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.MATCH_ALL, names = "SM4_MODE_(CBC|CFB|OFB|CTR)")
  void the_iv_of_an_answer_continues_it(Sm4Mode mode) throws Exception {
    byte[] whole = SdfOperationsTest.data(1600);
    byte[] expected = Reference.sm4(Algorithm.of(mode), true, KEY, IV, whole);
    assertArrayEquals(expected, inPieces(HsmOperation.SM4_ENCRYPT, mode, whole));
    assertArrayEquals(whole, inPieces(HsmOperation.SM4_DECRYPT, mode, expected));
  }

  private static byte[] inPieces(int operation, Sm4Mode mode, byte[] data) throws Exception {
    ByteString joined = ByteString.EMPTY;
    ByteString iv = ByteString.copyFrom(IV);
    int at = 0;
    for (int bytes : new int[] {16, 544, 0, 1040}) {
      Sm4Request request = asked(mode, Arrays.copyOfRange(data, at, at + bytes)).setIv(iv).build();
      Sm4Reply reply = Sm4Reply.parseFrom(bench.call(operation, "kek", request));
      joined = joined.concat(reply.getData());
      iv = reply.getIv();
      at += bytes;
    }
    assertEquals(data.length, at);
    return joined.toByteArray();
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.MATCH_ALL, names = "SM4_MODE_(ECB|CBC|CFB|OFB|CTR)")
  void blocks_of_shared_memory_are_encrypted_into_each_other(Sm4Mode mode) throws Exception {
    byte[] plaintext = SdfOperationsTest.data(96 * 1024);
    ByteBuffer in = ByteBuffer.wrap(plaintext).asReadOnlyBuffer();
    ByteBuffer out = ByteBuffer.allocate(plaintext.length + 100);
    Outcome outcome =
        bench.execute(
            0,
            HsmOperation.SM4_ENCRYPT,
            "kek",
            asked(mode, new byte[0]).build().toByteArray(),
            in,
            out);
    assertEquals(Status.OK, outcome.status, outcome.text);
    assertEquals(plaintext.length, outcome.outputBytes);
    assertTrue(Sm4Reply.parseFrom(outcome.payload).getData().isEmpty());
    byte[] written = Arrays.copyOf(out.array(), plaintext.length);
    assertArrayEquals(Reference.sm4(Algorithm.of(mode), true, KEY, IV, plaintext), written);
    Outcome small =
        bench.execute(
            0,
            HsmOperation.SM4_ENCRYPT,
            "kek",
            asked(mode, new byte[0]).build().toByteArray(),
            in,
            ByteBuffer.allocate(plaintext.length - 1));
    assertEquals(Status.INVALID_ARGUMENT, small.status, "an output block one byte too short");
  }

  @Test
  void a_key_wrapped_for_an_sm2_key_is_the_same_key() throws Exception {
    byte[] plaintext = SdfOperationsTest.data(64);
    Sm4Request request = asked(Sm4Mode.SM4_MODE_CBC, plaintext).setKey(underSm2).build();
    Sm4Reply reply = Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_ENCRYPT, "known", request));
    assertArrayEquals(
        Reference.sm4(Algorithm.SM4_CBC, true, KEY, IV, plaintext), reply.getData().toByteArray());
  }

  @Test
  void wrong_cipher_requests_are_invalid() {
    byte[] block = new byte[16];
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_UNSPECIFIED, block));
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_CBC, block).setModeValue(6));
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_ECB, block).setIv(ByteString.copyFrom(IV)));
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_CBC, block).clearIv());
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_CTR, block).setIv(ByteString.copyFrom(IV, 0, 15)));
    for (int bytes : new int[] {1, 15, 17, 513}) {
      assertInvalid("kek", asked(Sm4Mode.SM4_MODE_ECB, new byte[bytes]));
      assertInvalid("kek", asked(Sm4Mode.SM4_MODE_CBC, new byte[bytes]));
    }
    assertInvalid("", asked(Sm4Mode.SM4_MODE_ECB, block));
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_ECB, block).clearKey());
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_ECB, block).setKey(wrapped(new byte[15])));
    assertInvalid("kek", asked(Sm4Mode.SM4_MODE_ECB, block).setKey(wrapped(new byte[257])));
    assertInvalid("known", asked(Sm4Mode.SM4_MODE_ECB, block).setKey(wrapped(new byte[112])));
    assertInvalid("known", asked(Sm4Mode.SM4_MODE_ECB, block).setKey(wrapped(new byte[96])));
  }

  private static void assertInvalid(String target, Sm4Request.Builder request) {
    Outcome outcome = bench.execute(HsmOperation.SM4_ENCRYPT, target, request.build());
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, () -> request + outcome.text);
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 496, 512, 528, 4000})
  void cbc_macs_are_those_of_the_reference(int bytes) throws Exception {
    byte[] data = SdfOperationsTest.data(bytes);
    MacRequest.Builder asked =
        MacRequest.newBuilder().setKey(underKek).setData(ByteString.copyFrom(data));
    assertArrayEquals(
        Reference.cbcMac(KEY, new byte[16], data), mac(HsmOperation.SM4_MAC, asked.build()));
    assertArrayEquals(
        Reference.cbcMac(KEY, IV, data),
        mac(HsmOperation.SM4_MAC, asked.setIv(ByteString.copyFrom(IV)).build()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 63, 64, 65, 511, 512})
  void hmacs_are_those_of_the_reference(int bytes) throws Exception {
    byte[] data = SdfOperationsTest.data(bytes);
    MacRequest asked =
        MacRequest.newBuilder().setKey(underKek).setData(ByteString.copyFrom(data)).build();
    assertArrayEquals(Reference.hmac(KEY, data), mac(HsmOperation.HMAC_SM3, asked));
  }

  private static byte[] mac(int operation, MacRequest asked) throws Exception {
    return Bytes.parseFrom(bench.call(operation, "kek", asked)).getData().toByteArray();
  }

  @Test
  void wrong_mac_requests_are_invalid() {
    for (int bytes : new int[] {0, 1, 15, 17, 513}) {
      assertInvalidMac(HsmOperation.SM4_MAC, bytes, 0);
    }
    assertInvalidMac(HsmOperation.SM4_MAC, 16, 15);
    assertInvalidMac(HsmOperation.HMAC_SM3, 0, 0);
    assertInvalidMac(HsmOperation.HMAC_SM3, 16, 16);
  }

  private static void assertInvalidMac(int operation, int bytes, int ivBytes) {
    MacRequest asked =
        MacRequest.newBuilder()
            .setKey(underKek)
            .setIv(ByteString.copyFrom(new byte[ivBytes]))
            .setData(ByteString.copyFrom(new byte[bytes]))
            .build();
    Outcome outcome = bench.execute(operation, "kek", asked);
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
  }

  @Test
  void plaintexts_and_payloads_are_wiped_behind_an_answer() {
    byte[] secret = SdfOperationsTest.data(64);
    Outcome decrypted =
        bench.execute(HsmOperation.SM4_DECRYPT, "kek", asked(Sm4Mode.SM4_MODE_ECB, secret).build());
    assertEquals(Status.OK, decrypted.status, decrypted.text);
    assertArrayEquals(new byte[decrypted.handedOver.length], decrypted.handedOver);
    assertArrayEquals(new byte[decrypted.taken.length], decrypted.taken);
    assertTrue(decrypted.payload.length > secret.length, "the answer itself is there");
    Outcome refused =
        bench.execute(
            HsmOperation.SM4_ENCRYPT, "kek", asked(Sm4Mode.SM4_MODE_ECB, new byte[15]).build());
    assertEquals(Status.INVALID_ARGUMENT, refused.status);
    assertArrayEquals(new byte[refused.taken.length], refused.taken);
  }
}
