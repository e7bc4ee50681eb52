// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyReply;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.worker.testkit.DriverConformance;
import io.berth.worker.testkit.DriverUnderTest;
import io.berth.worker.testkit.Sample;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The suite of all drivers, over the software card in a worker of its own. */
class SdfConformanceTest extends DriverConformance {
  private static final byte[] MESSAGE = new byte[48];
  private static final byte[] NO_MESSAGE = {(byte) 0xFF, (byte) 0xFF, 1};

  @TempDir static Path folder;

  @Override
  protected DriverUnderTest driver() throws Exception {
    SoftwareCard card = SoftwareCard.in(folder);
    DriverUnderTest subject =
        DriverUnderTest.named("hsm/sdf")
            .environment("BERTH_SOFTCARD_HOME", card.home().toString())
            .environment("BERTH_SOFTCARD_PASSWORD_FILE", card.passwordFile().toString())
            .exclusiveNamingItsOwner()
            .refuses("library", null, "'library'", "settings.library")
            .refuses("library", "/nowhere/libsdf.so", "/nowhere/libsdf.so")
            .refuses("lanes", "0", "'lanes'", "1 to 256")
            .refuses("loading", "sideways", "'loading'", "lazy");
    CardBench.settings(card).forEach(subject::setting);
    ByteString message = ByteString.copyFrom(MESSAGE);
    FurtherSamples.all().forEach(subject::sample);
    return subject
        .sample(
            sample(HsmOperation.SM2_SIGN, "known", Sm2SignRequest.newBuilder().setMessage(message))
                .answering(
                    (q, a) -> assertEquals(32, Sm2Signature.parseFrom(a.get(0)).getR().size()))
                .malformed(
                    Sm2SignRequest.newBuilder()
                        .setDigest(ByteString.copyFrom(new byte[31]))
                        .build()
                        .toByteArray()))
        .sample(
            Sample.made(HsmOperation.SM2_VERIFY, "known", SdfConformanceTest::verification)
                .answering((q, a) -> assertTrue(Sm2VerifyReply.parseFrom(a.get(0)).getValid()))
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            sample(
                    HsmOperation.SM2_ENCRYPT,
                    "known",
                    Sm2EncryptRequest.newBuilder().setPlaintext(message))
                .answering(
                    (q, a) -> assertEquals(96 + 48, Bytes.parseFrom(a.get(0)).getData().size()))
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            Sample.made(HsmOperation.SM2_DECRYPT, "known", SdfConformanceTest::decryption)
                .answering((q, a) -> assertEquals(message, Bytes.parseFrom(a.get(0)).getData()))
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            Sample.made(HsmOperation.SM4_ENCRYPT, "kek", SdfConformanceTest::cipher)
                .answering(SdfConformanceTest::assertPieceOfData)
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            Sample.made(HsmOperation.SM4_DECRYPT, "kek", SdfConformanceTest::cipher)
                .answering(SdfConformanceTest::assertPieceOfData)
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            sample(HsmOperation.SM3_DIGEST, "", Sm3Request.newBuilder().setData(message))
                .answering(
                    (q, a) ->
                        assertArrayEquals(
                            Reference.sm3(MESSAGE),
                            Bytes.parseFrom(a.get(0)).getData().toByteArray()))
                .malformed(NO_MESSAGE))
        .sample(
            Sample.made(HsmOperation.SM4_MAC, "kek", SdfConformanceTest::mac)
                .answering((q, a) -> assertEquals(16, Bytes.parseFrom(a.get(0)).getData().size()))
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            Sample.made(HsmOperation.HMAC_SM3, "kek", SdfConformanceTest::mac)
                .answering((q, a) -> assertEquals(32, Bytes.parseFrom(a.get(0)).getData().size()))
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            sample(HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(40))
                .answering((q, a) -> assertEquals(40, Bytes.parseFrom(a.get(0)).getData().size()))
                .malformed(NO_MESSAGE)
                .malformed())
        .sample(
            sample(HsmOperation.EXPORT_PUBLIC_KEY, "known", ExportPublicKeyRequest.newBuilder())
                .answering(
                    (q, a) -> assertEquals(32, Sm2PublicKey.parseFrom(a.get(0)).getX().size()))
                .malformed(NO_MESSAGE))
        .sample(
            sample(HsmOperation.GENERATE_KEY, "kek", GenerateKeyRequest.newBuilder().setBits(128))
                .answering(
                    (q, a) -> assertEquals(16, WrappedKey.parseFrom(a.get(0)).getBlob().size()))
                .malformed(NO_MESSAGE)
                .malformed());
  }

  private static Sample sample(int operation, String target, MessageLite.Builder message) {
    return Sample.of(operation, target, message.build().toByteArray());
  }

  private static byte[] verification(Sample.Caller card) throws Exception {
    ByteString message = ByteString.copyFrom(MESSAGE);
    byte[] signature =
        card.call(
            HsmOperation.SM2_SIGN,
            "known",
            Sm2SignRequest.newBuilder().setMessage(message).build().toByteArray());
    return Sm2VerifyRequest.newBuilder()
        .setMessage(message)
        .setSignature(Sm2Signature.parseFrom(signature))
        .build()
        .toByteArray();
  }

  private static byte[] decryption(Sample.Caller card) throws Exception {
    byte[] ciphertext =
        card.call(
            HsmOperation.SM2_ENCRYPT,
            "known",
            Sm2EncryptRequest.newBuilder()
                .setPlaintext(ByteString.copyFrom(MESSAGE))
                .build()
                .toByteArray());
    return Sm2DecryptRequest.newBuilder()
        .setCiphertext(Bytes.parseFrom(ciphertext).getData())
        .build()
        .toByteArray();
  }

  private static WrappedKey key(Sample.Caller card) throws Exception {
    return WrappedKey.parseFrom(
        card.call(
            HsmOperation.GENERATE_KEY,
            "kek",
            GenerateKeyRequest.newBuilder().setBits(128).build().toByteArray()));
  }

  private static byte[] cipher(Sample.Caller card) throws Exception {
    return Sm4Request.newBuilder()
        .setKey(key(card))
        .setMode(Sm4Mode.SM4_MODE_CBC)
        .setIv(ByteString.copyFrom(new byte[16]))
        .setData(ByteString.copyFrom(MESSAGE))
        .build()
        .toByteArray();
  }

  private static void assertPieceOfData(byte[] request, List<byte[]> answer) throws Exception {
    assertEquals(MESSAGE.length, Sm4Reply.parseFrom(answer.get(0)).getData().size());
  }

  private static byte[] mac(Sample.Caller card) throws Exception {
    return MacRequest.newBuilder()
        .setKey(key(card))
        .setData(ByteString.copyFrom(MESSAGE))
        .build()
        .toByteArray();
  }
}
