// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfTestOnly;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.TestCipherRequest;
import io.berth.shm.hsm.v1.TestHmacRequest;
import io.berth.shm.hsm.v1.TestImportKeyRequest;
import io.berth.shm.hsm.v1.TestPair;
import io.berth.shm.hsm.v1.TestPairRequest;
import io.berth.shm.hsm.v1.TestPrivateKeyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * What GM/T 0018-2023 (6.8) keeps "for test only, not for real service": keys in the clear. A
 * policy that does not grant {@code call} on the device denies it.
 */
final class TestOnlyOperations {
  private static final int SM2_BITS = 256;
  private static final int KEY_BYTES = 16;
  private static final int HMAC_KEY_BYTES_MAX = 1024;

  private TestOnlyOperations() {}

  private static void needCard(Request request) throws RequestException {
    if (((SdfKey) request.target()).kind() != SdfKey.Kind.CARD) {
      throw RequestException.invalid(
          "functions for tests know no key of the card: open the device");
    }
  }

  static TestPair generate(
      CardSession session, Request request, TestPairRequest asked, byte[][] secret)
      throws Exception {
    needCard(request);
    SdfTestOnly card = new SdfTestOnly(session.library());
    if (asked.getRsaBits() == 0) {
      byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
      byte[] privateKey = new byte[SdfTestOnly.ECC_PRIVATE_BYTES];
      secret[0] = privateKey;
      SdfException.check(
          "SDF_GenerateKeyPair_ECC",
          card.generateEcc(
              session.handle(),
              CardNumbers.sm2Sign(session.card()),
              SM2_BITS,
              publicKey,
              privateKey));
      return TestPair.newBuilder()
          .setSm2Key(Forms.publicKey(publicKey))
          .setPrivateKey(UnsafeByteOperations.unsafeWrap(privateKey))
          .build();
    }
    RsaPublicKey[] publicKey = new RsaPublicKey[1];
    byte[] privateKey = new byte[SdfTestOnly.RSA_PRIVATE_BYTES];
    secret[0] = privateKey;
    SdfException.check(
        "SDF_GenerateKeyPair_RSA",
        card.generateRsa(session.handle(), asked.getRsaBits(), publicKey, privateKey));
    return TestPair.newBuilder()
        .setRsaKey(
            io.berth.shm.hsm.v1.RsaPublicKey.newBuilder()
                .setModulus(minimal(publicKey[0].modulus()))
                .setExponent(minimal(publicKey[0].exponent())))
        .setPrivateKey(UnsafeByteOperations.unsafeWrap(privateKey))
        .build();
  }

  /** Big-endian without leading zeros. */
  static ByteString minimal(BigInteger number) {
    byte[] bytes = number.toByteArray();
    int skip = bytes.length > 1 && bytes[0] == 0 ? 1 : 0;
    return UnsafeByteOperations.unsafeWrap(bytes, skip, bytes.length - skip);
  }

  /** What the private key makes of the one input; the caller wipes it. */
  static byte[] usePrivateKey(CardSession session, Request request, TestPrivateKeyRequest asked)
      throws Exception {
    needCard(request);
    int inputs =
        (asked.getSm2Digest().isEmpty() ? 0 : 1)
            + (asked.getSm2Ciphertext().isEmpty() ? 0 : 1)
            + (asked.getRsaInput().isEmpty() ? 0 : 1);
    if (inputs != 1) {
      throw RequestException.invalid(
          inputs + " of 'sm2_digest', 'sm2_ciphertext' and 'rsa_input' are set, expected one");
    }
    byte[] privateKey = asked.getPrivateKey().toByteArray();
    try {
      if (!asked.getRsaInput().isEmpty()) {
        return raise(session, privateKey, asked.getRsaInput().toByteArray());
      }
      Forms.exactly("private_key", privateKey.length, SdfTestOnly.ECC_PRIVATE_BYTES);
      return asked.getSm2Digest().isEmpty()
          ? decrypt(session, privateKey, asked.getSm2Ciphertext().toByteArray())
          : sign(session, privateKey, asked.getSm2Digest().toByteArray());
    } finally {
      Forms.wipe(privateKey);
    }
  }

  private static byte[] sign(CardSession session, byte[] privateKey, byte[] digest)
      throws Exception {
    Forms.exactly("sm2_digest", digest.length, Forms.DIGEST_BYTES);
    byte[] signature = new byte[SdfLibrary.SIGNATURE_BYTES];
    SdfException.check(
        "SDF_ExternalSign_ECC",
        new SdfTestOnly(session.library())
            .signEcc(
                session.handle(),
                CardNumbers.sm2Sign(session.card()),
                privateKey,
                digest,
                signature));
    return signature;
  }

  private static byte[] decrypt(CardSession session, byte[] privateKey, byte[] ciphertext)
      throws Exception {
    int bytes = ciphertext.length - SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES;
    if (bytes < 1 || bytes > session.card().bufferBytes()) {
      throw RequestException.invalid(
          "sm2_ciphertext without C1 and C3: "
              + bytes
              + " bytes, expected 1 to "
              + session.card().bufferBytes());
    }
    byte[] plaintext = new byte[bytes];
    SdfException.check(
        "SDF_ExternalDecrypt_ECC",
        new SdfTestOnly(session.library())
            .decryptEcc(
                session.handle(),
                CardNumbers.sm2Encrypt(session.card()),
                privateKey,
                ciphertext,
                plaintext));
    return plaintext;
  }

  private static byte[] raise(CardSession session, byte[] privateKey, byte[] in) throws Exception {
    Forms.exactly("private_key", privateKey.length, SdfTestOnly.RSA_PRIVATE_BYTES);
    byte[] modulus = Arrays.copyOf(privateKey, RsaPublicKey.BITS_MAX / 8);
    int bits = new BigInteger(1, modulus).bitLength();
    if (in.length != (bits + 7) / 8) {
      throw RequestException.invalid(
          "rsa_input: " + in.length + " bytes, expected as many as the modulus: " + (bits + 7) / 8);
    }
    byte[] out = new byte[in.length];
    SdfException.check(
        "SDF_ExternalPrivateKeyOperation_RSA",
        new SdfTestOnly(session.library())
            .privateOperationRsa(session.handle(), bits, privateKey, in, out, new int[1]));
    return out;
  }

  /** The result, which the caller wipes. */
  static byte[] cipher(CardSession session, Request request, TestCipherRequest asked)
      throws Exception {
    needCard(request);
    if (asked.getMode() == Sm4Mode.SM4_MODE_UNSPECIFIED
        || asked.getMode() == Sm4Mode.UNRECOGNIZED) {
      throw RequestException.invalid("mode " + asked.getModeValue() + ", expected 1 to 5");
    }
    Algorithm mode = Algorithm.of(asked.getMode());
    Forms.exactly("key", asked.getKey().size(), KEY_BYTES);
    byte[] iv = mode == Algorithm.SM4_ECB ? new byte[0] : Forms.iv(asked.getIv(), false);
    int bytes = asked.getData().size();
    if (mode == Algorithm.SM4_ECB || mode == Algorithm.SM4_CBC) {
      Forms.wholeBlocks("data", bytes);
    }
    if (bytes < 1 || bytes > session.card().bufferBytes()) {
      throw RequestException.invalid(
          "data: " + bytes + " bytes, expected 1 to " + session.card().bufferBytes());
    }
    byte[] key = asked.getKey().toByteArray();
    byte[] in = asked.getData().toByteArray();
    byte[] out = new byte[bytes];
    try {
      SdfException.check(
          asked.getDecrypt() ? "SDF_ExternalKeyDecrypt" : "SDF_ExternalKeyEncrypt",
          new SdfTestOnly(session.library())
              .cipher(
                  session.handle(),
                  !asked.getDecrypt(),
                  session.card().number(mode),
                  key,
                  iv,
                  in,
                  out,
                  new int[1]));
    } finally {
      Forms.wipe(key, in);
    }
    return out;
  }

  /** The card keeps a key that came in the clear; here nothing of it stays. */
  static SessionKey importKey(CardSession session, Request request, TestImportKeyRequest asked)
      throws Exception {
    needCard(request);
    int bits = 8 * asked.getKey().size();
    Forms.keyBits(bits);
    session.held().needRoom(request);
    byte[] plain = asked.getKey().toByteArray();
    long[] key = new long[1];
    try {
      SdfException.check(
          "SDF_ImportKey",
          new SdfTestOnly(session.library()).importKey(session.handle(), plain, key));
    } finally {
      Forms.wipe(plain);
    }
    return SessionKey.newBuilder()
        .setSessionKey(session.hold(request, LaneKeys.Kind.KEY, key[0], bits))
        .build();
  }

  static Bytes hmac(CardSession session, Request request, TestHmacRequest asked) throws Exception {
    needCard(request);
    int keyBytes = asked.getKey().size();
    if (keyBytes < 1 || keyBytes > HMAC_KEY_BYTES_MAX) {
      throw RequestException.invalid(
          "key: " + keyBytes + " bytes, expected 1 to " + HMAC_KEY_BYTES_MAX);
    }
    Chunks data = Chunks.of(request, asked.getData());
    if (data.total() == 0) {
      throw RequestException.invalid("a MAC over nothing");
    }
    byte[] key = asked.getKey().toByteArray();
    try {
      SdfException.check(
          "SDF_ExternalKeyHMACInit",
          new SdfTestOnly(session.library()).initHmac(session.handle(), CardNumbers.SM3_HMAC, key));
    } finally {
      Forms.wipe(key);
    }
    return Sm4Operations.hmacToItsEnd(session, data);
  }
}
