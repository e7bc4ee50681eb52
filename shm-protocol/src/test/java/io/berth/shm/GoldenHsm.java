// SPDX-License-Identifier: Apache-2.0
package io.berth.shm;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.*;
import java.lang.reflect.Field;
import java.util.HexFormat;
import java.util.List;

/**
 * The part of the vectors that says how operations are numbered and what the HSM operations'
 * payloads look like. Clients write the requests and read the replies with code of their own.
 */
final class GoldenHsm {
  private static final long SESSION_KEY = 0x0123_4567_89AB_CDEFL;
  private static final ByteString DIGEST = bytes(0x01, 32);
  private static final ByteString ID = ByteString.copyFromUtf8("signer");
  private static final ByteString PLAINTEXT = bytes(0x51, 20);
  private static final ByteString CIPHERTEXT = bytes(0x61, 116);
  private static final ByteString IV = bytes(0x71, 16);
  private static final ByteString BLOCKS = bytes(0x01, 32);
  private static final ByteString CIPHER_BLOCKS = bytes(0xA1, 32);
  private static final ByteString NEXT_IV = bytes(0xB1, 16);
  private static final Sm2PublicKey PUBLIC_KEY =
      Sm2PublicKey.newBuilder().setX(bytes(0x11, 32)).setY(bytes(0x31, 32)).build();
  private static final Sm2Signature SIGNATURE =
      Sm2Signature.newBuilder().setR(bytes(0x41, 32)).setS(bytes(0x81, 32)).build();
  private static final WrappedKey KEY = WrappedKey.newBuilder().setBlob(bytes(0x21, 16)).build();

  private GoldenHsm() {}

  static void add(List<String> lines) throws IllegalAccessException {
    operations(lines, EchoOperation.class);
    operations(lines, HsmOperation.class);
    exchange(lines, "SM2_SIGN", Sm2SignRequest.newBuilder().setDigest(DIGEST).build(), SIGNATURE);
    exchange(
        lines,
        "SM2_SIGN-message",
        Sm2SignRequest.newBuilder()
            .setMessage(ByteString.copyFromUtf8("message"))
            .setId(ID)
            .build(),
        SIGNATURE);
    exchange(
        lines,
        "SM2_VERIFY",
        Sm2VerifyRequest.newBuilder()
            .setDigest(DIGEST)
            .setSignature(SIGNATURE)
            .setPublicKey(PUBLIC_KEY)
            .build(),
        Sm2VerifyReply.newBuilder().setValid(true).build());
    exchange(
        lines,
        "SM2_ENCRYPT",
        Sm2EncryptRequest.newBuilder().setPlaintext(PLAINTEXT).setPublicKey(PUBLIC_KEY).build(),
        data(CIPHERTEXT));
    exchange(
        lines,
        "SM2_DECRYPT",
        Sm2DecryptRequest.newBuilder().setCiphertext(CIPHERTEXT).build(),
        data(PLAINTEXT));
    exchange(lines, "SM4_ENCRYPT", sm4(BLOCKS), sm4Reply(CIPHER_BLOCKS));
    exchange(lines, "SM4_DECRYPT", sm4(CIPHER_BLOCKS), sm4Reply(BLOCKS));
    exchange(
        lines,
        "SM3_DIGEST",
        Sm3Request.newBuilder().setData(PLAINTEXT).setId(ID).setPublicKey(PUBLIC_KEY).build(),
        data(bytes(0xC1, 32)));
    exchange(
        lines,
        "SM4_MAC",
        MacRequest.newBuilder().setKey(KEY).setIv(IV).setData(BLOCKS).build(),
        data(bytes(0xD1, 16)));
    exchange(
        lines,
        "HMAC_SM3",
        MacRequest.newBuilder().setKey(KEY).setData(PLAINTEXT).build(),
        data(bytes(0xC1, 32)));
    exchange(
        lines, "RANDOM", RandomRequest.newBuilder().setBytes(200).build(), data(bytes(0xE1, 200)));
    exchange(
        lines,
        "EXPORT_PUBLIC_KEY",
        ExportPublicKeyRequest.newBuilder().setUsage(KeyUsage.KEY_USAGE_ENCRYPT).build(),
        PUBLIC_KEY);
    exchange(lines, "GENERATE_KEY", GenerateKeyRequest.newBuilder().setBits(128).build(), KEY);
    GoldenMechanisms.add(lines);
    sdf(lines);
  }

  /** SDF's own: authenticated SM4, agreement, keys for another party. */
  private static void sdf(List<String> lines) {
    Sm4AuthRequest.Builder sealed =
        Sm4AuthRequest.newBuilder()
            .setKey(KEY)
            .setMode(Sm4AuthMode.SM4_AUTH_MODE_GCM)
            .setIv(bytes(0xA1, 12))
            .setAad(ID);
    exchange(
        lines,
        "SM4_SEAL",
        sealed.setData(PLAINTEXT).setTagBytes(16).build(),
        Sm4AuthReply.newBuilder().setData(CIPHER_BLOCKS).setTag(bytes(0xD1, 16)).build());
    exchange(
        lines,
        "SM4_OPEN",
        sealed.clearTagBytes().setData(CIPHER_BLOCKS).setTag(bytes(0xD1, 16)).build(),
        data(PLAINTEXT));
    exchange(
        lines,
        "SM4_SEAL-block",
        sealed.clearTag().clearAad().clearData().setAadBytes(4000).build(),
        Sm4AuthReply.newBuilder().setTag(bytes(0xD1, 16)).build());
    exchange(
        lines,
        "GENERATE_KEY_FOR",
        GenerateKeyForRequest.newBuilder().setBits(128).setSm2Key(PUBLIC_KEY).build(),
        SessionKey.newBuilder().setSessionKey(SESSION_KEY).setEnvelope(CIPHERTEXT).build());
    exchange(
        lines,
        "EXCHANGE_ENVELOPE",
        ExchangeEnvelopeRequest.newBuilder().setEnvelope(CIPHERTEXT).setSm2Key(PUBLIC_KEY).build(),
        data(CIPHERTEXT));
    exchange(
        lines,
        "BEGIN_AGREEMENT",
        BeginAgreementRequest.newBuilder().setBits(128).setId(ID).build(),
        Agreement.newBuilder()
            .setAgreement(SESSION_KEY)
            .setPublicKey(PUBLIC_KEY)
            .setTemporaryKey(PUBLIC_KEY)
            .build());
    exchange(
        lines,
        "FINISH_AGREEMENT",
        FinishAgreementRequest.newBuilder()
            .setAgreement(SESSION_KEY)
            .setId(ID)
            .setPublicKey(PUBLIC_KEY)
            .setTemporaryKey(PUBLIC_KEY)
            .build(),
        SessionKey.newBuilder().setSessionKey(SESSION_KEY).build());
    exchange(
        lines,
        "RESPOND_TO_AGREEMENT",
        RespondToAgreementRequest.newBuilder()
            .setBits(128)
            .setId(ID)
            .setSponsorId(ID)
            .setPublicKey(PUBLIC_KEY)
            .setTemporaryKey(PUBLIC_KEY)
            .build(),
        SessionKey.newBuilder()
            .setSessionKey(SESSION_KEY)
            .setPublicKey(PUBLIC_KEY)
            .setTemporaryKey(PUBLIC_KEY)
            .build());
    exchange(
        lines,
        "EXPORT_RSA_PUBLIC_KEY",
        ExportPublicKeyRequest.newBuilder().setUsage(KeyUsage.KEY_USAGE_ENCRYPT).build(),
        RsaPublicKey.newBuilder().setModulus(bytes(0xA1, 128)).setExponent(bytes(0x03, 1)).build());
    lines.add(
        "hsm-reply TOKEN_INFO "
            + HexFormat.of()
                .formatHex(
                    TokenInfo.newBuilder()
                        .setLabel("card")
                        .setAsymmetricAlgorithms(0x30E00)
                        .setAsymmetricBits(2048)
                        .setSymmetricAlgorithms(0x0600043F)
                        .setHashAlgorithms(7)
                        .build()
                        .toByteArray()));
    exchange(
        lines,
        "TEST_IMPORT_KEY",
        TestImportKeyRequest.newBuilder().setKey(bytes(0x71, 16)).build(),
        SessionKey.newBuilder().setSessionKey(SESSION_KEY).build());
    exchange(
        lines,
        "TEST_HMAC",
        TestHmacRequest.newBuilder().setKey(bytes(0x71, 20)).setData(PLAINTEXT).build(),
        data(bytes(0xC1, 32)));
  }

  private static void operations(List<String> lines, Class<?> constants)
      throws IllegalAccessException {
    for (Field field : constants.getFields()) {
      lines.add(
          "operation " + field.getName() + " " + HexFormat.of().toHexDigits(field.getInt(null)));
    }
  }

  static void exchange(List<String> lines, String name, MessageLite request, MessageLite reply) {
    lines.add("hsm-request " + name + " " + HexFormat.of().formatHex(request.toByteArray()));
    lines.add("hsm-reply " + name + " " + HexFormat.of().formatHex(reply.toByteArray()));
  }

  private static Sm4Request sm4(ByteString data) {
    return Sm4Request.newBuilder()
        .setKey(KEY)
        .setMode(Sm4Mode.SM4_MODE_CBC)
        .setIv(IV)
        .setData(data)
        .build();
  }

  private static Sm4Reply sm4Reply(ByteString data) {
    return Sm4Reply.newBuilder().setData(data).setIv(NEXT_IV).build();
  }

  static Bytes data(ByteString data) {
    return Bytes.newBuilder().setData(data).build();
  }

  /** That many bytes, each one more than the one before. */
  static ByteString bytes(int first, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (first + i);
    }
    return ByteString.copyFrom(bytes);
  }
}
