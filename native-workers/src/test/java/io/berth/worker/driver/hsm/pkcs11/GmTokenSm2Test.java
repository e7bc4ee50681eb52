// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyReply;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.worker.driver.hsm.sdf.Reference;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** SM2 with the token's pair and with keys that are not on it, held against Bouncy Castle. */
class GmTokenSm2Test extends GmToken {
  private static final byte[] ID = "signer".getBytes(java.nio.charset.StandardCharsets.UTF_8);
  private static final byte[] TOKENS = publicKey("35".repeat(32));
  private static final ECPrivateKeyParameters FOREIGN =
      Reference.privateKey("1f".repeat(31) + "07");

  /** More than the token has room for, if it kept what is brought to it. */
  private static final int MORE_THAN_THE_TOKENS_ROOM = 100;

  private static byte[] publicKey(String d) {
    return Reference.publicKey(Reference.privateKey(d));
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

  private boolean isValid(Sm2VerifyRequest.Builder asked) throws Exception {
    return Sm2VerifyReply.parseFrom(call(HsmOperation.SM2_VERIFY, "sm2", asked)).getValid();
  }

  @ParameterizedTest
  @EnumSource(
      value = Family.class,
      names = {"RAW", "DER_AND_04"})
  void the_tokens_pair_signs_and_decrypts_for_the_reference(Family family) throws Exception {
    open(family);
    assertEquals(
        key(TOKENS),
        Sm2PublicKey.parseFrom(
            call(HsmOperation.EXPORT_PUBLIC_KEY, "sm2", ExportPublicKeyRequest.newBuilder())));
    byte[] message = data(70);
    for (int i = 0; i < 8; i++) {
      Sm2Signature made =
          Sm2Signature.parseFrom(
              call(
                  HsmOperation.SM2_SIGN,
                  "sm2",
                  Sm2SignRequest.newBuilder().setMessage(of(message)).setId(of(ID))));
      assertTrue(
          Reference.verify(TOKENS, ID, message, made.getR().concat(made.getS()).toByteArray()));
      Sm2VerifyRequest.Builder asked =
          Sm2VerifyRequest.newBuilder().setMessage(of(message)).setId(of(ID)).setSignature(made);
      assertTrue(isValid(asked));
      assertFalse(isValid(asked.setMessage(of(data(71)))));
    }
    byte[] forToken = Reference.encrypt(TOKENS, message);
    assertEquals(
        of(message),
        Bytes.parseFrom(
                call(
                    HsmOperation.SM2_DECRYPT,
                    "sm2",
                    Sm2DecryptRequest.newBuilder().setCiphertext(of(forToken))))
            .getData());
    byte[] byToken =
        Bytes.parseFrom(
                call(
                    HsmOperation.SM2_ENCRYPT,
                    "sm2",
                    Sm2EncryptRequest.newBuilder().setPlaintext(of(message))))
            .getData()
            .toByteArray();
    assertArrayEquals(message, Reference.decrypt(Reference.privateKey("35".repeat(32)), byToken));
  }

  @ParameterizedTest
  @EnumSource(
      value = Family.class,
      names = {"RAW", "DER_AND_04", "BARE"})
  void keys_that_are_not_on_the_token_verify_and_encrypt(Family family) throws Exception {
    open(family);
    byte[] xy = Reference.publicKey(FOREIGN);
    byte[] message = data(70);
    for (int i = 0; i < MORE_THAN_THE_TOKENS_ROOM; i++) {
      Sm2VerifyRequest.Builder asked =
          Sm2VerifyRequest.newBuilder()
              .setMessage(of(message))
              .setId(of(ID))
              .setSignature(signature(Reference.sign(FOREIGN, ID, message)))
              .setPublicKey(key(xy));
      assertTrue(isValid(asked));
      assertFalse(isValid(asked.clone().setMessage(of(data(71)))));
      assertFalse(isValid(asked.setPublicKey(key(TOKENS))));
    }
    byte[] encrypted =
        Bytes.parseFrom(
                call(
                    HsmOperation.SM2_ENCRYPT,
                    "sm2",
                    Sm2EncryptRequest.newBuilder().setPlaintext(of(message)).setPublicKey(key(xy))))
            .getData()
            .toByteArray();
    assertArrayEquals(message, Reference.decrypt(FOREIGN, encrypted));
  }

  @Test
  void a_key_that_is_no_point_of_the_curve_never_reaches_the_token() {
    byte[] xy = Reference.publicKey(FOREIGN);
    xy[63] ^= 1;
    byte[] beyond = filled(0xFF, 64);
    for (byte[] wrong : new byte[][] {xy, beyond, new byte[64]}) {
      assertInvalid(
          "no point",
          HsmOperation.SM2_ENCRYPT,
          "sm2",
          Sm2EncryptRequest.newBuilder().setPlaintext(of(data(5))).setPublicKey(key(wrong)));
      assertInvalid(
          "no point",
          HsmOperation.SM2_VERIFY,
          "sm2",
          Sm2VerifyRequest.newBuilder()
              .setDigest(of(data(32)))
              .setSignature(signature(data(64)))
              .setPublicKey(key(wrong)));
    }
  }

  @Test
  void without_the_type_of_key_in_the_registry_foreign_keys_are_refused() throws Exception {
    open(Family.WITHOUT_FOREIGN_KEYS);
    assertInvalid(
        "sm2-key-type",
        HsmOperation.SM2_ENCRYPT,
        "sm2",
        Sm2EncryptRequest.newBuilder()
            .setPlaintext(of(data(5)))
            .setPublicKey(key(Reference.publicKey(FOREIGN))));
  }
}
