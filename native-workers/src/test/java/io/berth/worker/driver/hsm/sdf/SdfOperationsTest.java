// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.KeyUsage;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyReply;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;
import io.berth.worker.driver.hsm.sdf.dialect.Dialects;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SM2, SM3, random numbers and keys in every dialect, each way against Bouncy Castle. */
@ParameterizedClass(name = "dialect {0}")
@FieldSource("io.berth.worker.driver.hsm.sdf.dialect.Dialects#NAMES")
class SdfOperationsTest {
  @Parameter private String dialect;

  /** Small, so that what is longer than one call of the card is tested with little data. */
  private static final int CARD_BYTES = 512;

  private static final byte[] DEFAULT_ID = "1234567812345678".getBytes(US_ASCII);
  private static final byte[] OTHER_ID = "ALICE123@YAHOO.COM".getBytes(US_ASCII);
  private static final ECPrivateKeyParameters SIGN_KEY =
      Reference.privateKey(SoftwareCard.SIGN_PRIVATE);
  private static final ECPrivateKeyParameters ENCRYPT_KEY =
      Reference.privateKey(SoftwareCard.ENCRYPT_PRIVATE);

  private static CardBench bench;

  @BeforeParameterizedClassInvocation
  static void open(String dialect) throws Exception {
    SoftwareCard card = SoftwareCard.ofThisProcess();
    card.behave("buffer_size", Integer.toString(CARD_BYTES));
    bench = CardBench.open(CardBench.settings(card, dialect));
  }

  @AfterParameterizedClassInvocation
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  static byte[] data(int bytes) {
    byte[] made = new byte[bytes];
    new Random(bytes).nextBytes(made);
    return made;
  }

  private static ByteString of(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }

  private static Sm2PublicKey key(byte[] xy) {
    return Sm2PublicKey.newBuilder()
        .setX(ByteString.copyFrom(xy, 0, 32))
        .setY(ByteString.copyFrom(xy, 32, 32))
        .build();
  }

  private static Sm2Signature signature(byte[] rs) {
    return Sm2Signature.newBuilder()
        .setR(ByteString.copyFrom(rs, 0, 32))
        .setS(ByteString.copyFrom(rs, 32, 32))
        .build();
  }

  private static void assertInvalid(int operation, String target, MessageLite message) {
    Outcome outcome = bench.execute(operation, target, message);
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
    assertFalse(outcome.text.isBlank());
  }

  @Test
  void all_known_answers_are_right() {
    String right = "dialect " + dialect + "; all known answers are right";
    if (Dialects.named(dialect).has(AlgorithmNumber.SM4_GCM)) {
      assertEquals(right, bench.driver.notes());
    } else {
      String without = "is disabled: the card's dialect has no number for it; ";
      assertEquals(
          "SM4_AUTH_MODE_GCM " + without + "SM4_AUTH_MODE_CCM " + without + right,
          bench.driver.notes());
    }
    assertTrue(bench.driver.identity().startsWith("Berth "), bench.driver.identity());
    assertTrue(
        bench.driver.identity().endsWith(", " + SoftwareCard.library(dialect).getFileName()));
  }

  @Test
  void public_keys_are_those_of_the_private_ones() throws Exception {
    assertExported(KeyUsage.KEY_USAGE_SIGN, SIGN_KEY);
    assertExported(KeyUsage.KEY_USAGE_ENCRYPT, ENCRYPT_KEY);
    assertInvalid(
        HsmOperation.EXPORT_PUBLIC_KEY,
        "known",
        ExportPublicKeyRequest.newBuilder().setUsageValue(7).build());
  }

  private static void assertExported(KeyUsage usage, ECPrivateKeyParameters expected)
      throws Exception {
    byte[] answer =
        bench.call(
            HsmOperation.EXPORT_PUBLIC_KEY,
            "known",
            ExportPublicKeyRequest.newBuilder().setUsage(usage).build());
    assertEquals(key(Reference.publicKey(expected)), Sm2PublicKey.parseFrom(answer));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 31, 32, 33, 63, 64, 65, 511, 512, 513, 3000})
  void signatures_of_the_card_are_valid_for_the_reference_and_the_other_way_round(int bytes)
      throws Exception {
    byte[] message = data(bytes);
    for (byte[] id : new byte[][] {DEFAULT_ID, OTHER_ID}) {
      Sm2SignRequest.Builder asked = Sm2SignRequest.newBuilder().setMessage(of(message));
      if (id != DEFAULT_ID) {
        asked.setId(of(id));
      }
      Sm2Signature made =
          Sm2Signature.parseFrom(bench.call(HsmOperation.SM2_SIGN, "known", asked.build()));
      byte[] rs = made.getR().concat(made.getS()).toByteArray();
      byte[] xy = Reference.publicKey(SIGN_KEY);
      assertTrue(Reference.verify(xy, id, message, rs));

      byte[] foreign = Reference.sign(SIGN_KEY, id, message);
      Sm2VerifyRequest.Builder verify =
          Sm2VerifyRequest.newBuilder()
              .setMessage(of(message))
              .setId(of(id))
              .setSignature(signature(foreign));
      assertTrue(isValid(verify.build()));
      assertTrue(isValid(verify.setPublicKey(key(xy)).build()));
      foreign[5] ^= 1;
      assertFalse(isValid(verify.setSignature(signature(foreign)).build()));
      assertFalse(isValid(verify.clearPublicKey().build()));
    }
  }

  private static boolean isValid(Sm2VerifyRequest asked) throws Exception {
    return Sm2VerifyReply.parseFrom(bench.call(HsmOperation.SM2_VERIFY, "known", asked)).getValid();
  }

  @Test
  void a_digest_is_signed_and_verified_as_it_is() throws Exception {
    byte[] message = data(100);
    byte[] xy = Reference.publicKey(SIGN_KEY);
    byte[] digest = Reference.sm3(Reference.z(xy, DEFAULT_ID), message);
    Sm2Signature made =
        Sm2Signature.parseFrom(
            bench.call(
                HsmOperation.SM2_SIGN,
                "known",
                Sm2SignRequest.newBuilder().setDigest(of(digest)).build()));
    byte[] rs = made.getR().concat(made.getS()).toByteArray();
    assertTrue(Reference.verify(xy, DEFAULT_ID, message, rs));
    Sm2VerifyRequest.Builder verify =
        Sm2VerifyRequest.newBuilder().setDigest(of(digest)).setSignature(made);
    assertTrue(isValid(verify.build()));
    digest[0] ^= 1;
    assertFalse(isValid(verify.setDigest(of(digest)).build()));
  }

  @Test
  void a_key_with_a_password_signs() throws Exception {
    Outcome outcome =
        bench.execute(
            HsmOperation.SM2_SIGN,
            "guarded",
            Sm2SignRequest.newBuilder().setMessage(of(data(5))).build());
    assertEquals(Status.OK, outcome.status, outcome.text);
  }

  @Test
  void wrong_signature_requests_are_invalid() {
    Sm2SignRequest.Builder sign = Sm2SignRequest.newBuilder();
    for (int bytes : new int[] {1, 31, 33, 64}) {
      assertInvalid(HsmOperation.SM2_SIGN, "known", sign.setDigest(of(data(bytes))).build());
    }
    assertInvalid(
        HsmOperation.SM2_SIGN,
        "known",
        sign.setDigest(of(data(32))).setMessage(of(data(1))).build());
    assertInvalid(HsmOperation.SM2_SIGN, "kek", Sm2SignRequest.getDefaultInstance());
    assertInvalid(HsmOperation.SM2_SIGN, "", Sm2SignRequest.getDefaultInstance());
    assertInvalid(
        HsmOperation.SM2_VERIFY,
        "known",
        Sm2VerifyRequest.newBuilder()
            .setSignature(Sm2Signature.newBuilder().setR(of(data(31))).setS(of(data(32))))
            .build());
    assertInvalid(HsmOperation.SM2_VERIFY, "known", Sm2VerifyRequest.getDefaultInstance());
    byte[] nowhere = Reference.publicKey(SIGN_KEY);
    nowhere[63] ^= 1;
    assertInvalid(
        HsmOperation.SM2_VERIFY,
        "known",
        Sm2VerifyRequest.newBuilder()
            .setDigest(of(data(32)))
            .setSignature(signature(data(64)))
            .setPublicKey(key(nowhere))
            .build());
  }

  /** The room in a ciphertext, or what one call takes. */
  private int plaintextBytesMost() {
    return dialect.equals("sansec") ? 136 : CARD_BYTES;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 31, 32, 33, 135, 136, 137, 511, 512})
  void what_one_encrypts_with_sm2_the_other_decrypts(int bytes) throws Exception {
    byte[] plaintext = data(bytes);
    if (bytes > plaintextBytesMost()) {
      assertHasNoRoom(plaintext);
      return;
    }
    byte[] xy = Reference.publicKey(ENCRYPT_KEY);
    byte[] foreign = Reference.encrypt(xy, plaintext);
    assertArrayEquals(plaintext, decrypted(foreign));
    Sm2EncryptRequest.Builder asked = Sm2EncryptRequest.newBuilder().setPlaintext(of(plaintext));
    byte[] own = bytesOf(bench.call(HsmOperation.SM2_ENCRYPT, "known", asked.build()));
    assertEquals(96 + bytes, own.length);
    assertArrayEquals(plaintext, Reference.decrypt(ENCRYPT_KEY, own));
    assertArrayEquals(plaintext, decrypted(own));
    byte[] toOther =
        bytesOf(
            bench.call(
                HsmOperation.SM2_ENCRYPT,
                "",
                asked.setPublicKey(key(Reference.publicKey(SIGN_KEY))).build()));
    assertArrayEquals(plaintext, Reference.decrypt(SIGN_KEY, toOther));
    foreign[foreign.length - 1] ^= 1;
    assertInvalid(
        HsmOperation.SM2_DECRYPT,
        "known",
        Sm2DecryptRequest.newBuilder().setCiphertext(of(foreign)).build());
  }

  private void assertHasNoRoom(byte[] plaintext) throws Exception {
    byte[] xy = Reference.publicKey(ENCRYPT_KEY);
    Outcome encrypted =
        bench.execute(
            HsmOperation.SM2_ENCRYPT,
            "known",
            Sm2EncryptRequest.newBuilder().setPlaintext(of(plaintext)).build());
    Outcome decrypted =
        bench.execute(
            HsmOperation.SM2_DECRYPT,
            "known",
            Sm2DecryptRequest.newBuilder()
                .setCiphertext(of(Reference.encrypt(xy, plaintext)))
                .build());
    for (Outcome outcome : new Outcome[] {encrypted, decrypted}) {
      assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
      assertTrue(
          outcome.text.endsWith(
              plaintext.length
                  + " bytes, expected 1 to 136, the room in a ciphertext of the card's dialect"
                  + " sansec"),
          outcome.text);
    }
  }

  private static byte[] decrypted(byte[] ciphertext) throws Exception {
    return bytesOf(
        bench.call(
            HsmOperation.SM2_DECRYPT,
            "known",
            Sm2DecryptRequest.newBuilder().setCiphertext(of(ciphertext)).build()));
  }

  private static byte[] bytesOf(byte[] answer) throws Exception {
    return Bytes.parseFrom(answer).getData().toByteArray();
  }

  @Test
  void wrong_encryption_requests_are_invalid() {
    int most = plaintextBytesMost();
    for (int bytes : new int[] {0, most + 1}) {
      assertInvalid(
          HsmOperation.SM2_ENCRYPT,
          "known",
          Sm2EncryptRequest.newBuilder().setPlaintext(of(data(bytes))).build());
    }
    for (int bytes : new int[] {0, 1, 95, 96, 97, 96 + most + 1}) {
      assertInvalid(
          HsmOperation.SM2_DECRYPT,
          "known",
          Sm2DecryptRequest.newBuilder().setCiphertext(of(data(bytes))).build());
    }
    byte[] nowhere = Reference.publicKey(SIGN_KEY);
    nowhere[63] ^= 1;
    assertInvalid(
        HsmOperation.SM2_ENCRYPT,
        "known",
        Sm2EncryptRequest.newBuilder()
            .setPlaintext(of(data(5)))
            .setPublicKey(key(nowhere))
            .build());
    assertInvalid(
        HsmOperation.SM2_ENCRYPT,
        "kek",
        Sm2EncryptRequest.newBuilder().setPlaintext(of(data(5))).build());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 55, 56, 63, 64, 65, 511, 512, 513, 1024, 4000})
  void digests_are_those_of_the_reference(int bytes) throws Exception {
    byte[] message = data(bytes);
    Sm3Request.Builder asked = Sm3Request.newBuilder().setData(of(message));
    assertArrayEquals(
        Reference.sm3(message), bytesOf(bench.call(HsmOperation.SM3_DIGEST, "", asked.build())));
    byte[] xy = Reference.publicKey(SIGN_KEY);
    asked.setPublicKey(key(xy));
    assertArrayEquals(
        Reference.sm3(Reference.z(xy, DEFAULT_ID), message),
        bytesOf(bench.call(HsmOperation.SM3_DIGEST, "", asked.build())));
    assertArrayEquals(
        Reference.sm3(Reference.z(xy, OTHER_ID), message),
        bytesOf(bench.call(HsmOperation.SM3_DIGEST, "", asked.setId(of(OTHER_ID)).build())));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 512, 100_001})
  void a_block_is_digested_and_signed_as_if_it_were_in_the_message(int bytes) throws Exception {
    byte[] message = data(bytes);
    Outcome digest =
        bench.execute(0, HsmOperation.SM3_DIGEST, "", new byte[0], ByteBuffer.wrap(message), null);
    assertEquals(Status.OK, digest.status, digest.text);
    assertArrayEquals(Reference.sm3(message), bytesOf(digest.payload));
    Outcome signed =
        bench.execute(
            0, HsmOperation.SM2_SIGN, "known", new byte[0], ByteBuffer.wrap(message), null);
    Sm2Signature made = Sm2Signature.parseFrom(signed.payload);
    assertTrue(
        Reference.verify(
            Reference.publicKey(SIGN_KEY),
            DEFAULT_ID,
            message,
            made.getR().concat(made.getS()).toByteArray()));
  }

  @Test
  void wrong_digest_requests_are_invalid() {
    Sm3Request.Builder asked = Sm3Request.newBuilder().setData(of(data(5)));
    assertInvalid(HsmOperation.SM3_DIGEST, "", asked.setId(of(OTHER_ID)).build());
    asked.setPublicKey(key(Reference.publicKey(SIGN_KEY)));
    assertInvalid(HsmOperation.SM3_DIGEST, "", asked.setId(of(new byte[8192])).build());
    assertInvalid(
        HsmOperation.SM3_DIGEST,
        "",
        Sm3Request.newBuilder()
            .setPublicKey(Sm2PublicKey.newBuilder().setX(of(data(32))).setY(of(data(33))))
            .build());
  }

  @Test
  void random_numbers_of_every_length_differ() throws Exception {
    int most = CardBench.LIMIT_BYTES - 3; // The message around them.
    for (int bytes : new int[] {1, 16, 2047, 2048, 2049, most}) {
      RandomRequest asked = RandomRequest.newBuilder().setBytes(bytes).build();
      byte[] first = bytesOf(bench.call(HsmOperation.RANDOM, "", asked));
      byte[] second = bytesOf(bench.call(HsmOperation.RANDOM, "", asked));
      assertEquals(bytes, first.length);
      assertTrue(bytes < 16 || !Arrays.equals(first, second));
      if (bytes > 64) {
        byte[] tail = Arrays.copyOfRange(first, bytes - 16, bytes);
        assertFalse(Arrays.equals(new byte[16], tail), "the end was never filled");
      }
    }
    for (int bytes : new int[] {0, CardBench.LIMIT_BYTES + 1, -1, Integer.MIN_VALUE}) {
      assertInvalid(HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(bytes).build());
    }
  }

  @Test
  void a_generated_key_is_wrapped_under_the_kek() throws Exception {
    byte[] kek = HexFormat.of().parseHex(SoftwareCard.KEK_HEX);
    GenerateKeyRequest asked = GenerateKeyRequest.newBuilder().setBits(128).build();
    byte[] blob =
        WrappedKey.parseFrom(bench.call(HsmOperation.GENERATE_KEY, "kek", asked))
            .getBlob()
            .toByteArray();
    byte[] other =
        WrappedKey.parseFrom(bench.call(HsmOperation.GENERATE_KEY, "kek", asked))
            .getBlob()
            .toByteArray();
    assertEquals(16, Reference.sm4(Algorithm.SM4_ECB, false, kek, null, blob).length);
    assertFalse(Arrays.equals(blob, other));
    byte[] underSm2 =
        WrappedKey.parseFrom(bench.call(HsmOperation.GENERATE_KEY, "known", asked))
            .getBlob()
            .toByteArray();
    assertEquals(16, Reference.decrypt(ENCRYPT_KEY, underSm2).length);
    assertInvalid(HsmOperation.GENERATE_KEY, "", asked);
    for (int bits : new int[] {0, 64, 127, 129, 192, 255, 512, -1}) {
      assertInvalid(
          HsmOperation.GENERATE_KEY, "kek", GenerateKeyRequest.newBuilder().setBits(bits).build());
    }
  }

  @Test
  void a_key_that_the_card_does_not_have_is_not_found() {
    Outcome outcome =
        bench.execute(
            HsmOperation.SM2_SIGN,
            "absent",
            Sm2SignRequest.newBuilder().setDigest(of(data(32))).build());
    assertEquals(Status.NOT_FOUND, outcome.status, outcome.text);
    assertEquals(Reason.UNKNOWN_RESOURCE, outcome.reason);
  }
}
