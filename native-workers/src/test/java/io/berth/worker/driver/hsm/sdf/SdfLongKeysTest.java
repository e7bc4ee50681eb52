// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Agreement;
import io.berth.shm.hsm.v1.BeginAgreementRequest;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExchangeEnvelopeRequest;
import io.berth.shm.hsm.v1.FinishAgreementRequest;
import io.berth.shm.hsm.v1.GenerateKeyForRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.RespondToAgreementRequest;
import io.berth.shm.hsm.v1.RsaPublicKey;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.util.HexFormat;
import javax.crypto.Cipher;
import org.bouncycastle.crypto.agreement.SM2KeyExchange;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.SM2KeyExchangePrivateParameters;
import org.bouncycastle.crypto.params.SM2KeyExchangePublicParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Session keys of 256 bits, made, wrapped and agreed on: HMAC-SM3 takes them, SM4 does not. */
class SdfLongKeysTest {
  private static final int BITS = 256;
  private static final byte[] MESSAGE = "a message".getBytes(US_ASCII);
  private static final byte[] USUAL_ID = "1234567812345678".getBytes(US_ASCII);
  private static final ECPrivateKeyParameters THEIR_KEY =
      Reference.privateKey("81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029");
  private static final ECPrivateKeyParameters THEIR_TEMPORARY =
      Reference.privateKey("d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3");

  private CardBench bench;

  @BeforeEach
  void open() throws Exception {
    bench = CardBench.open(SoftwareCard.ofThisProcess());
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static Sm2PublicKey point(ECPrivateKeyParameters key) {
    return Forms.publicKey(Reference.publicKey(key));
  }

  private static ECPublicKeyParameters point(Sm2PublicKey key) {
    byte[] encoded =
        ByteString.copyFrom(new byte[] {4}).concat(key.getX()).concat(key.getY()).toByteArray();
    return new ECPublicKeyParameters(
        Reference.CURVE.getCurve().decodePoint(encoded), Reference.CURVE);
  }

  /** Whichever of the two forms the key has. */
  private void assertServesHmacAlone(String target, WrappedKey wrapped, long held, byte[] key)
      throws Exception {
    assertEquals(BITS / 8, key.length);
    MacRequest.Builder mac =
        MacRequest.newBuilder().setSessionKey(held).setData(ByteString.copyFrom(MESSAGE));
    Sm4Request.Builder cipher =
        Sm4Request.newBuilder()
            .setSessionKey(held)
            .setMode(Sm4Mode.SM4_MODE_ECB)
            .setData(ByteString.copyFrom(new byte[16]));
    if (wrapped != null) {
      mac.setKey(wrapped);
      cipher.setKey(wrapped);
    }
    assertArrayEquals(
        Reference.hmac(key, MESSAGE),
        Bytes.parseFrom(bench.call(HsmOperation.HMAC_SM3, target, mac.build()))
            .getData()
            .toByteArray());
    for (int operation : new int[] {HsmOperation.SM4_ENCRYPT, HsmOperation.SM4_DECRYPT}) {
      assertKeyType(wrapped, target, bench.execute(operation, target, cipher.build()));
    }
    assertKeyType(
        wrapped,
        target,
        bench.execute(
            HsmOperation.SM4_MAC, target, mac.setData(ByteString.copyFrom(new byte[16])).build()));
  }

  /** By the worker, whatever the card would do; of a KEK's or RSA key's only the card knows. */
  private static void assertKeyType(WrappedKey wrapped, String target, Outcome outcome) {
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
    assertEquals(SdfStatus.SDR_KEYTYPEERR.code(), outcome.deviceCode, outcome.text);
    boolean byTheWorker = wrapped == null || target.equals("known");
    assertEquals(byTheWorker, outcome.text.contains("no key of SM4"), outcome.text);
  }

  private WrappedKey made(String target) throws Exception {
    MessageLite asked = GenerateKeyRequest.newBuilder().setBits(BITS).build();
    return WrappedKey.parseFrom(bench.call(HsmOperation.GENERATE_KEY, target, asked));
  }

  @Test
  void keys_under_each_kind_of_the_cards_keys_are_what_comes_out_of_their_wrapping()
      throws Exception {
    WrappedKey underKek = made("kek");
    assertServesHmacAlone(
        "kek",
        underKek,
        0,
        Reference.sm4(
            Algorithm.SM4_ECB,
            false,
            HexFormat.of().parseHex(SoftwareCard.KEK_HEX),
            null,
            underKek.getBlob().toByteArray()));
    WrappedKey underSm2 = made("known");
    assertServesHmacAlone(
        "known",
        underSm2,
        0,
        Reference.decrypt(
            Reference.privateKey(SoftwareCard.ENCRYPT_PRIVATE), underSm2.getBlob().toByteArray()));
    WrappedKey underRsa = made("rsa");
    assertServesHmacAlone("rsa", underRsa, 0, rsaDecrypted(turnedToUs(underRsa.getBlob())));
  }

  /** Nobody but the card has the private half of the pair under which it wraps. */
  private ByteString turnedToUs(ByteString envelope) throws Exception {
    return Bytes.parseFrom(
            bench.call(
                HsmOperation.EXCHANGE_ENVELOPE,
                "rsa",
                ExchangeEnvelopeRequest.newBuilder()
                    .setEnvelope(envelope)
                    .setRsaKey(rsaKey())
                    .build()))
        .getData();
  }

  private static RsaPublicKey rsaKey() {
    return RsaPublicKey.newBuilder()
        .setModulus(ByteString.copyFrom(RsaReference.publicKey().getModulus().toByteArray()))
        .setExponent(
            ByteString.copyFrom(RsaReference.publicKey().getPublicExponent().toByteArray()))
        .build();
  }

  private static byte[] rsaDecrypted(ByteString envelope) throws Exception {
    Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding", RsaReference.BOUNCY_CASTLE);
    cipher.init(Cipher.DECRYPT_MODE, RsaReference.privateKey());
    return cipher.doFinal(envelope.toByteArray());
  }

  @Test
  void a_key_for_another_party_is_what_that_party_decrypts() throws Exception {
    SessionKey made =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY_FOR,
                "",
                GenerateKeyForRequest.newBuilder()
                    .setBits(BITS)
                    .setSm2Key(point(THEIR_KEY))
                    .build()));
    assertServesHmacAlone(
        "",
        null,
        made.getSessionKey(),
        Reference.decrypt(THEIR_KEY, made.getEnvelope().toByteArray()));
    made =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY_FOR,
                "",
                GenerateKeyForRequest.newBuilder().setBits(BITS).setRsaKey(rsaKey()).build()));
    assertServesHmacAlone("", null, made.getSessionKey(), rsaDecrypted(made.getEnvelope()));
  }

  /** What Bouncy Castle, on the other side, agrees on. */
  private static byte[] theirs(boolean sponsor, Sm2PublicKey ourKey, Sm2PublicKey ourTemporaryKey) {
    SM2KeyExchange exchange = new SM2KeyExchange();
    exchange.init(
        new ParametersWithID(
            new SM2KeyExchangePrivateParameters(sponsor, THEIR_KEY, THEIR_TEMPORARY), USUAL_ID));
    return exchange.calculateKey(
        BITS,
        new ParametersWithID(
            new SM2KeyExchangePublicParameters(point(ourKey), point(ourTemporaryKey)), USUAL_ID));
  }

  @Test
  void both_sides_agree_with_bouncy_castle() throws Exception {
    Agreement begun =
        Agreement.parseFrom(
            bench.call(
                HsmOperation.BEGIN_AGREEMENT,
                "known",
                BeginAgreementRequest.newBuilder().setBits(BITS).build()));
    SessionKey ours =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.FINISH_AGREEMENT,
                "known",
                FinishAgreementRequest.newBuilder()
                    .setAgreement(begun.getAgreement())
                    .setPublicKey(point(THEIR_KEY))
                    .setTemporaryKey(point(THEIR_TEMPORARY))
                    .build()));
    assertServesHmacAlone(
        "known",
        null,
        ours.getSessionKey(),
        theirs(false, begun.getPublicKey(), begun.getTemporaryKey()));
    SessionKey answered =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.RESPOND_TO_AGREEMENT,
                "known",
                RespondToAgreementRequest.newBuilder()
                    .setBits(BITS)
                    .setPublicKey(point(THEIR_KEY))
                    .setTemporaryKey(point(THEIR_TEMPORARY))
                    .build()));
    assertServesHmacAlone(
        "known",
        null,
        answered.getSessionKey(),
        theirs(true, answered.getPublicKey(), answered.getTemporaryKey()));
  }
}
