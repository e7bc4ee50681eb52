// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Agreement;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.BeginAgreementRequest;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.ExchangeEnvelopeRequest;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FinishAgreementRequest;
import io.berth.shm.hsm.v1.GenerateKeyForRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.KeyUsage;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RespondToAgreementRequest;
import io.berth.shm.hsm.v1.RsaPublicKey;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthReply;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.TestCipherRequest;
import io.berth.shm.hsm.v1.TestHmacRequest;
import io.berth.shm.hsm.v1.TestImportKeyRequest;
import io.berth.shm.hsm.v1.TestPair;
import io.berth.shm.hsm.v1.TestPairRequest;
import io.berth.shm.hsm.v1.TestPrivateKeyRequest;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Status;
import io.berth.worker.testkit.Sample;
import java.util.List;

/**
 * Requests of the operations beyond the core of the 2012 edition, for the suite of all drivers. It
 * sends each many times: what serves once is asked for in vain.
 */
final class FurtherSamples {
  private static final byte[] NO_MESSAGE = {(byte) 0xFF, (byte) 0xFF, 1};
  private static final Mechanism PKCS1 = Mechanism.newBuilder().setType(1).build();
  private static final ByteString DATA = ByteString.copyFrom(new byte[48]);
  private static final ByteString BLOCK = ByteString.copyFrom(new byte[16]);
  private static final Sm2PublicKey POINT =
      Forms.publicKey(Reference.publicKey(Reference.privateKey(SoftwareCard.ENCRYPT_PRIVATE)));

  private FurtherSamples() {}

  static List<Sample> all() {
    return List.of(
        of(HsmOperation.RSA_SIGN, "rsa", mechanism(DATA))
            .answering((q, a) -> assertEquals(256, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(),
        made(HsmOperation.RSA_VERIFY, "rsa", FurtherSamples::verification)
            .answering((q, a) -> assertTrue(VerifyReply.parseFrom(a.get(0)).getValid()))
            .malformed(),
        of(HsmOperation.RSA_ENCRYPT, "rsa", mechanism(DATA))
            .answering(
                (q, a) -> assertEquals(256, MechanismReply.parseFrom(a.get(0)).getData().size()))
            .malformed(),
        made(HsmOperation.RSA_DECRYPT, "rsa", FurtherSamples::decryption)
            .answering((q, a) -> assertEquals(DATA, MechanismReply.parseFrom(a.get(0)).getData()))
            .malformed(),
        of(HsmOperation.RSA_RAW_SIGN, "rsa", raw(DATA))
            .answering((q, a) -> assertEquals(256, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(mechanism(DATA).build().toByteArray())
            .malformed(),
        of(HsmOperation.RSA_RAW_DECRYPT, "rsa", raw(ByteString.copyFrom(new byte[256])))
            .answering(
                (q, a) -> assertEquals(256, MechanismReply.parseFrom(a.get(0)).getData().size()))
            .malformed(mechanism(DATA).build().toByteArray())
            .malformed(),
        of(
                HsmOperation.DIGEST,
                "",
                MechanismRequest.newBuilder()
                    .setMechanism(Mechanism.newBuilder().setType(0x250))
                    .setData(DATA))
            .answering((q, a) -> assertEquals(32, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(),
        of(HsmOperation.FIND_OBJECTS, "rsa", FindObjectsRequest.newBuilder())
            .answering(
                (q, a) -> assertEquals(2, FindObjectsReply.parseFrom(a.get(0)).getObjectsCount())),
        of(HsmOperation.GET_ATTRIBUTES, "rsa", GetAttributesRequest.newBuilder().addTypes(0x120))
            .answering(
                (q, a) ->
                    assertEquals(
                        256, Attributes.parseFrom(a.get(0)).getAttributes(0).getValue().size())),
        of(
                HsmOperation.EXPORT_RSA_PUBLIC_KEY,
                "rsa",
                ExportPublicKeyRequest.newBuilder().setUsage(KeyUsage.KEY_USAGE_ENCRYPT))
            .answering(
                (q, a) -> assertEquals(256, RsaPublicKey.parseFrom(a.get(0)).getModulus().size())),
        of(HsmOperation.TOKEN_INFO, "", TokenInfoRequest.newBuilder())
            .answering(
                (q, a) -> assertEquals("Berth", TokenInfo.parseFrom(a.get(0)).getManufacturer())),
        of(
                HsmOperation.RELEASE_OBJECT,
                "known",
                DestroyObjectRequest.newBuilder().setKey(KeyReference.newBuilder().setObject(77)))
            .refused(Status.NOT_FOUND)
            .malformed(),
        made(HsmOperation.SM4_SEAL, "kek", card -> sealing(card).build().toByteArray())
            .answering((q, a) -> assertEquals(16, Sm4AuthReply.parseFrom(a.get(0)).getTag().size()))
            .malformed(),
        made(HsmOperation.SM4_OPEN, "kek", FurtherSamples::opening)
            .answering((q, a) -> assertEquals(DATA, Bytes.parseFrom(a.get(0)).getData()))
            .malformed(),
        of(
                HsmOperation.GENERATE_KEY_FOR,
                "",
                GenerateKeyForRequest.newBuilder().setBits(128).setSm2Key(POINT))
            .answering(
                (q, a) -> assertEquals(112, SessionKey.parseFrom(a.get(0)).getEnvelope().size()))
            .malformed(),
        made(HsmOperation.EXCHANGE_ENVELOPE, "known", FurtherSamples::exchange)
            .answering((q, a) -> assertEquals(112, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(),
        of(HsmOperation.BEGIN_AGREEMENT, "known", BeginAgreementRequest.newBuilder().setBits(128))
            .answering((q, a) -> assertTrue(Agreement.parseFrom(a.get(0)).getAgreement() > 0))
            .malformed(),
        of(
                HsmOperation.FINISH_AGREEMENT,
                "known",
                FinishAgreementRequest.newBuilder()
                    .setAgreement(77)
                    .setPublicKey(POINT)
                    .setTemporaryKey(POINT))
            .refused(Status.NOT_FOUND)
            .malformed(),
        of(
                HsmOperation.RESPOND_TO_AGREEMENT,
                "known",
                RespondToAgreementRequest.newBuilder()
                    .setBits(128)
                    .setPublicKey(POINT)
                    .setTemporaryKey(POINT))
            .answering((q, a) -> assertTrue(SessionKey.parseFrom(a.get(0)).getSessionKey() > 0))
            .malformed(),
        of(HsmOperation.TEST_GENERATE_PAIR, "", TestPairRequest.newBuilder())
            .answering(
                (q, a) -> assertEquals(32, TestPair.parseFrom(a.get(0)).getPrivateKey().size())),
        of(
                HsmOperation.TEST_PRIVATE_KEY,
                "",
                TestPrivateKeyRequest.newBuilder()
                    .setPrivateKey(ByteString.copyFrom(new byte[31]).concat(one()))
                    .setSm2Digest(ByteString.copyFrom(new byte[32])))
            .answering((q, a) -> assertEquals(64, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(),
        of(
                HsmOperation.TEST_CIPHER,
                "",
                TestCipherRequest.newBuilder()
                    .setKey(BLOCK)
                    .setMode(Sm4Mode.SM4_MODE_ECB)
                    .setData(DATA))
            .answering((q, a) -> assertEquals(48, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(),
        of(HsmOperation.TEST_IMPORT_KEY, "", TestImportKeyRequest.newBuilder().setKey(BLOCK))
            .answering((q, a) -> assertTrue(SessionKey.parseFrom(a.get(0)).getSessionKey() > 0))
            .malformed(),
        of(HsmOperation.TEST_HMAC, "", TestHmacRequest.newBuilder().setKey(BLOCK).setData(DATA))
            .answering((q, a) -> assertEquals(32, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed());
  }

  private static ByteString one() {
    return ByteString.copyFrom(new byte[] {1});
  }

  private static Sample of(int operation, String target, MessageLite.Builder message) {
    return Sample.of(operation, target, message.build().toByteArray()).malformed(NO_MESSAGE);
  }

  private static Sample made(int operation, String target, Sample.Payload payload) {
    return Sample.made(operation, target, payload).malformed(NO_MESSAGE);
  }

  private static MechanismRequest.Builder mechanism(ByteString data) {
    return MechanismRequest.newBuilder().setMechanism(PKCS1).setData(data);
  }

  private static MechanismRequest.Builder raw(ByteString data) {
    return MechanismRequest.newBuilder()
        .setMechanism(Mechanism.newBuilder().setType(3))
        .setData(data);
  }

  private static byte[] call(
      Sample.Caller card, int operation, String target, MessageLite.Builder message)
      throws Exception {
    return card.call(operation, target, message.build().toByteArray());
  }

  private static byte[] verification(Sample.Caller card) throws Exception {
    ByteString signature =
        Bytes.parseFrom(call(card, HsmOperation.RSA_SIGN, "rsa", mechanism(DATA))).getData();
    return VerifyRequest.newBuilder()
        .setMechanism(PKCS1)
        .setData(DATA)
        .setSignature(signature)
        .build()
        .toByteArray();
  }

  private static byte[] decryption(Sample.Caller card) throws Exception {
    byte[] reply = call(card, HsmOperation.RSA_ENCRYPT, "rsa", mechanism(DATA));
    return mechanism(MechanismReply.parseFrom(reply).getData()).build().toByteArray();
  }

  private static Sm4AuthRequest.Builder sealing(Sample.Caller card) throws Exception {
    byte[] key =
        call(card, HsmOperation.GENERATE_KEY, "kek", GenerateKeyRequest.newBuilder().setBits(128));
    return Sm4AuthRequest.newBuilder()
        .setKey(WrappedKey.parseFrom(key))
        .setMode(Sm4AuthMode.SM4_AUTH_MODE_GCM)
        .setIv(ByteString.copyFrom(new byte[12]))
        .setData(DATA);
  }

  private static byte[] opening(Sample.Caller card) throws Exception {
    Sm4AuthRequest.Builder asked = sealing(card);
    Sm4AuthReply sealed = Sm4AuthReply.parseFrom(call(card, HsmOperation.SM4_SEAL, "kek", asked));
    return asked.setData(sealed.getData()).setTag(sealed.getTag()).build().toByteArray();
  }

  private static byte[] exchange(Sample.Caller card) throws Exception {
    byte[] key =
        call(
            card, HsmOperation.GENERATE_KEY, "known", GenerateKeyRequest.newBuilder().setBits(128));
    return ExchangeEnvelopeRequest.newBuilder()
        .setEnvelope(WrappedKey.parseFrom(key).getBlob())
        .setSm2Key(POINT)
        .build()
        .toByteArray();
  }
}
