// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Agreement;
import io.berth.shm.hsm.v1.BeginAgreementRequest;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.ExchangeEnvelopeRequest;
import io.berth.shm.hsm.v1.FinishAgreementRequest;
import io.berth.shm.hsm.v1.GenerateKeyForRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.RespondToAgreementRequest;
import io.berth.shm.hsm.v1.RsaPublicKey;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.util.ArrayList;
import java.util.List;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keys agreed on, keys for others, envelopes: against Bouncy Castle; and whose they are, how long.
 */
class SdfSessionKeysTest {
  private static final byte[] OUR_ID = "us".getBytes(US_ASCII);
  private static final byte[] THEIR_ID = "1234567812345678".getBytes(US_ASCII);
  private static final ECPrivateKeyParameters THEIR_KEY =
      Reference.privateKey("81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029");
  private static final ECPrivateKeyParameters THEIR_TEMPORARY =
      Reference.privateKey("d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3");

  /** Keys, and so many more that their handles come up again. */
  private static final int FEW = 8;

  private static final int MANY = 48;

  private SoftwareCard card;
  private CardBench bench;

  @BeforeEach
  void open() throws Exception {
    card = SoftwareCard.ofThisProcess();
    bench = CardBench.open(card);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static ByteString of(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }

  private static Sm2PublicKey point(ECPrivateKeyParameters key) {
    byte[] xy = Reference.publicKey(key);
    return Sm2PublicKey.newBuilder()
        .setX(ByteString.copyFrom(xy, 0, 32))
        .setY(ByteString.copyFrom(xy, 32, 32))
        .build();
  }

  private static ECPublicKeyParameters point(Sm2PublicKey key) {
    byte[] encoded =
        ByteString.copyFrom(new byte[] {4}).concat(key.getX()).concat(key.getY()).toByteArray();
    return new ECPublicKeyParameters(
        Reference.CURVE.getCurve().decodePoint(encoded), Reference.CURVE);
  }

  /** What Bouncy Castle, on the other side, agrees on. */
  private static byte[] theirs(boolean sponsor, Sm2PublicKey ourKey, Sm2PublicKey ourTemporaryKey) {
    SM2KeyExchange exchange = new SM2KeyExchange();
    exchange.init(
        new ParametersWithID(
            new SM2KeyExchangePrivateParameters(sponsor, THEIR_KEY, THEIR_TEMPORARY), THEIR_ID));
    return exchange.calculateKey(
        128,
        new ParametersWithID(
            new SM2KeyExchangePublicParameters(point(ourKey), point(ourTemporaryKey)), OUR_ID));
  }

  private Agreement begin() throws Exception {
    return Agreement.parseFrom(
        bench.call(
            HsmOperation.BEGIN_AGREEMENT,
            "known",
            BeginAgreementRequest.newBuilder().setBits(128).setId(of(OUR_ID)).build()));
  }

  private static FinishAgreementRequest finish(Agreement agreement) {
    return FinishAgreementRequest.newBuilder()
        .setAgreement(agreement.getAgreement())
        .setPublicKey(point(THEIR_KEY))
        .setTemporaryKey(point(THEIR_TEMPORARY))
        .build();
  }

  private SessionKey agreed() throws Exception {
    return SessionKey.parseFrom(
        bench.call(HsmOperation.FINISH_AGREEMENT, "known", finish(begin())));
  }

  private static Sm4Request zeros(long sessionKey) {
    return Sm4Request.newBuilder()
        .setSessionKey(sessionKey)
        .setMode(Sm4Mode.SM4_MODE_ECB)
        .setData(of(new byte[16]))
        .build();
  }

  private byte[] encrypted(String target, long sessionKey) throws Exception {
    return Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_ENCRYPT, target, zeros(sessionKey)))
        .getData()
        .toByteArray();
  }

  private static byte[] encrypted(byte[] key) {
    return Reference.sm4(Algorithm.SM4_ECB, true, key, null, new byte[16]);
  }

  private void assertStale(int operation, String target, MessageLite message) {
    Outcome outcome = bench.execute(operation, target, message);
    assertEquals(Reason.STALE_HANDLE, outcome.reason, outcome.text);
    assertEquals(Status.NOT_FOUND, outcome.status);
  }

  @Test
  void as_sponsor_we_agree_with_bouncy_castle() throws Exception {
    Agreement agreement = begin();
    SessionKey key =
        SessionKey.parseFrom(bench.call(HsmOperation.FINISH_AGREEMENT, "known", finish(agreement)));
    byte[] theirs = theirs(false, agreement.getPublicKey(), agreement.getTemporaryKey());
    assertArrayEquals(encrypted(theirs), encrypted("known", key.getSessionKey()));
    Bytes mac =
        Bytes.parseFrom(
            bench.call(
                HsmOperation.HMAC_SM3,
                "known",
                MacRequest.newBuilder()
                    .setSessionKey(key.getSessionKey())
                    .setData(of(OUR_ID))
                    .build()));
    assertArrayEquals(Reference.hmac(theirs, OUR_ID), mac.getData().toByteArray());
    assertStale(HsmOperation.FINISH_AGREEMENT, "known", finish(agreement));
  }

  @Test
  void as_responder_we_agree_with_bouncy_castle() throws Exception {
    SessionKey key =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.RESPOND_TO_AGREEMENT,
                "known",
                RespondToAgreementRequest.newBuilder()
                    .setBits(128)
                    .setId(of(OUR_ID))
                    .setPublicKey(point(THEIR_KEY))
                    .setTemporaryKey(point(THEIR_TEMPORARY))
                    .build()));
    assertArrayEquals(
        encrypted(theirs(true, key.getPublicKey(), key.getTemporaryKey())),
        encrypted("known", key.getSessionKey()));
  }

  @Test
  void a_key_for_another_party_is_what_that_party_decrypts() throws Exception {
    SessionKey sm2 =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY_FOR,
                "",
                GenerateKeyForRequest.newBuilder()
                    .setBits(128)
                    .setSm2Key(point(THEIR_KEY))
                    .build()));
    byte[] plain = Reference.decrypt(THEIR_KEY, sm2.getEnvelope().toByteArray());
    assertArrayEquals(encrypted(plain), encrypted("", sm2.getSessionKey()));
    SessionKey rsa =
        SessionKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY_FOR,
                "",
                GenerateKeyForRequest.newBuilder().setBits(128).setRsaKey(rsaKey()).build()));
    assertArrayEquals(
        encrypted(rsaDecrypted(rsa.getEnvelope())), encrypted("", rsa.getSessionKey()));
  }

  private static RsaPublicKey rsaKey() {
    return RsaPublicKey.newBuilder()
        .setModulus(of(RsaReference.publicKey().getModulus().toByteArray()))
        .setExponent(of(RsaReference.publicKey().getPublicExponent().toByteArray()))
        .build();
  }

  private static byte[] rsaDecrypted(ByteString envelope) throws Exception {
    Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding", RsaReference.BOUNCY_CASTLE);
    cipher.init(Cipher.DECRYPT_MODE, RsaReference.privateKey());
    return cipher.doFinal(envelope.toByteArray());
  }

  @Test
  void an_envelope_is_turned_to_another_key() throws Exception {
    byte[] plain = "sixteen bytes of".getBytes(US_ASCII);
    byte[] own = Reference.publicKey(Reference.privateKey(SoftwareCard.ENCRYPT_PRIVATE));
    ExchangeEnvelopeRequest.Builder asked =
        ExchangeEnvelopeRequest.newBuilder()
            .setEnvelope(of(Reference.encrypt(own, plain)))
            .setSm2Key(point(THEIR_KEY));
    Bytes turned =
        Bytes.parseFrom(bench.call(HsmOperation.EXCHANGE_ENVELOPE, "known", asked.build()));
    assertArrayEquals(plain, Reference.decrypt(THEIR_KEY, turned.getData().toByteArray()));
    ExchangeEnvelopeRequest[] wrong = {
      asked.clone().setEnvelope(of(new byte[112])).build(),
      asked.clone().setEnvelope(of(new byte[96])).build(),
      asked.clone().setEnvelope(of(new byte[513])).build(),
      asked.clone().clearEnvelope().build(),
      asked.clone().clearSm2Key().build(),
      asked.clone().setRsaKey(rsaKey()).build()
    };
    for (ExchangeEnvelopeRequest each : wrong) {
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(HsmOperation.EXCHANGE_ENVELOPE, "known", each).status);
    }
  }

  @Test
  void nobody_else_reaches_a_key_nor_through_another_name() throws Exception {
    long key = agreed().getSessionKey();
    assertTrue(key > 0, "bit 63 is clear");
    assertEquals(
        Status.INVALID_ARGUMENT, bench.execute(HsmOperation.SM4_ENCRYPT, "kek", zeros(key)).status);
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(key + 1));
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(key ^ 1L << 40));
    bench.clientSession = 2;
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(key));
    assertStale(
        HsmOperation.RELEASE_OBJECT,
        "known",
        DestroyObjectRequest.newBuilder().setKey(KeyReference.newBuilder().setObject(key)).build());
    bench.clientSession = 0;
    assertEquals(
        Status.FAILED_PRECONDITION,
        bench.execute(
                HsmOperation.BEGIN_AGREEMENT,
                "known",
                BeginAgreementRequest.newBuilder().setBits(128).build())
            .status);
    bench.clientSession = 1;
    encrypted("known", key);
  }

  @Test
  void requests_go_where_the_key_is() throws Exception {
    BeginAgreementRequest asked = BeginAgreementRequest.newBuilder().setBits(128).build();
    assertEquals(Driver.ANY_LANE, bench.laneOf(HsmOperation.BEGIN_AGREEMENT, "known", asked));
    Outcome begun =
        bench.execute(1, HsmOperation.BEGIN_AGREEMENT, "known", asked.toByteArray(), null, null);
    long number = Agreement.parseFrom(begun.payload).getAgreement();
    FinishAgreementRequest finish =
        FinishAgreementRequest.newBuilder().setAgreement(number).build();
    assertEquals(1, bench.laneOf(HsmOperation.FINISH_AGREEMENT, "known", finish));
    assertEquals(1, bench.laneOf(HsmOperation.SM4_ENCRYPT, "known", zeros(number)));
    assertEquals(
        1,
        bench.laneOf(
            HsmOperation.RELEASE_OBJECT,
            "known",
            DestroyObjectRequest.newBuilder()
                .setKey(KeyReference.newBuilder().setObject(number))
                .build()));
    assertEquals(
        Driver.ANY_LANE, bench.laneOf(HsmOperation.SM4_ENCRYPT, "known", zeros(number ^ 1L << 31)));
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(number ^ 1L << 40));
    assertStale(
        HsmOperation.FINISH_AGREEMENT,
        "known",
        finish(Agreement.newBuilder().setAgreement(number).build()));
  }

  @Test
  void a_key_ends_when_it_is_released_and_with_its_session() throws Exception {
    long released = agreed().getSessionKey();
    long left = agreed().getSessionKey();
    DestroyObjectRequest release =
        DestroyObjectRequest.newBuilder()
            .setKey(KeyReference.newBuilder().setObject(released))
            .build();
    bench.call(HsmOperation.RELEASE_OBJECT, "known", release);
    assertStale(HsmOperation.RELEASE_OBJECT, "known", release);
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(released));
    encrypted("known", left);
    bench.driver.sessionClosed(1);
    assertStale(
        HsmOperation.RELEASE_OBJECT,
        "known",
        DestroyObjectRequest.newBuilder()
            .setKey(KeyReference.newBuilder().setObject(left))
            .build());
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(left));
  }

  @Test
  void when_all_sessions_are_over_the_next_one_of_the_same_number_reaches_no_key()
      throws Exception {
    long before = agreed().getSessionKey();
    bench.driver.allSessionsClosed();
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(before));
    encrypted("known", agreed().getSessionKey());
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(before));
  }

  @Test
  void a_key_ends_with_the_card_session_and_is_never_another_one() throws Exception {
    long lost = agreed().getSessionKey();
    card.fault("session_lost:cipher:1:once");
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(lost));
    card.mend();
    long next = agreed().getSessionKey();
    assertNotEquals(lost, next);
    assertStale(HsmOperation.SM4_ENCRYPT, "known", zeros(lost));
    encrypted("known", next);
  }

  private byte[] on(int lane, int operation, MessageLite message) {
    Outcome outcome = bench.execute(lane, operation, "", message.toByteArray(), null, null);
    assertEquals(Status.OK, outcome.status, outcome.text);
    return outcome.payload;
  }

  /** A key that the lane's session of the card makes. */
  private long madeOn(int lane) throws Exception {
    byte[] made =
        on(
            lane,
            HsmOperation.GENERATE_KEY_FOR,
            GenerateKeyForRequest.newBuilder().setBits(128).setSm2Key(point(THEIR_KEY)).build());
    return SessionKey.parseFrom(made).getSessionKey();
  }

  private List<Long> madeOn(int lane, int keys) throws Exception {
    List<Long> numbers = new ArrayList<>();
    for (int i = 0; i < keys; i++) {
      numbers.add(madeOn(lane));
    }
    return numbers;
  }

  private void draw(int lane) {
    on(lane, HsmOperation.RANDOM, RandomRequest.newBuilder().setBytes(8).build());
  }

  @Test
  void the_keys_of_a_session_that_ended_are_destroyed_on_a_lane_that_has_no_requests()
      throws Exception {
    madeOn(0);
    madeOn(0);
    madeOn(1);
    bench.clientSession = 2;
    long others = madeOn(0);
    bench.driver.sessionClosed(1);
    card.fault("wrong_answer:key:2:once"); // Which strikes at the second that is destroyed.
    bench.rest(0);
    assertFalse(card.hasFault());
    card.fault("wrong_answer:key:1:once");
    bench.rest(0);
    assertTrue(card.hasFault(), "no third one on this lane");
    bench.rest(1);
    assertFalse(card.hasFault());
    encrypted("", others);
  }

  @Test
  void a_lane_that_never_rests_destroys_them_between_its_requests() throws Exception {
    madeOn(0, 6);
    bench.driver.sessionClosed(1);
    bench.clientSession = 2;
    card.fault("wrong_answer:key:6:once");
    madeOn(0); // Four are destroyed, and one is made.
    assertTrue(card.hasFault());
    madeOn(0);
    assertFalse(card.hasFault());
  }

  @Test
  void what_a_session_held_counts_no_more_once_it_has_ended() throws Exception {
    for (int session = 1; session <= 3; session++) { // A card's session has room for two of them.
      bench.clientSession = session;
      for (int i = 0; i < LaneKeys.KEYS_PER_SESSION; i++) {
        begin();
      }
      bench.driver.sessionClosed(session);
      bench.rest(0);
    }
    bench.clientSession = 1; // As the next broker counts them.
    begin();
  }

  private void assertStaleOn(int lane, int operation, MessageLite message) {
    Outcome outcome = bench.execute(lane, operation, "", message.toByteArray(), null, null);
    assertEquals(Reason.STALE_HANDLE, outcome.reason, outcome.text);
  }

  /** The other lane's session gets the number of the lower one of the two: once of each. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void what_the_card_makes_after_a_reset_is_not_taken_for_what_it_made_before(int holder)
      throws Exception {
    int other = 1 - holder;
    List<Long> before = madeOn(holder, FEW);
    card.fault("reset:random:1:once");
    bench.clientSession = 2;
    draw(other);
    assertFalse(card.hasFault());
    List<Long> after = madeOn(other, MANY);
    bench.clientSession = 1;
    for (long each : before) {
      assertStaleOn(holder, HsmOperation.SM4_ENCRYPT, zeros(each));
      KeyReference key = KeyReference.newBuilder().setObject(each).build();
      assertStaleOn(
          holder,
          HsmOperation.RELEASE_OBJECT,
          DestroyObjectRequest.newBuilder().setKey(key).build());
    }
    on(holder, HsmOperation.SM4_ENCRYPT, zeros(madeOn(holder)));
    bench.clientSession = 2;
    for (long each : after) {
      on(other, HsmOperation.SM4_ENCRYPT, zeros(each));
    }
  }

  @Test
  void a_lane_that_the_card_still_knows_keeps_its_keys_when_another_lost_its_session()
      throws Exception {
    long kept = madeOn(0);
    card.fault("session_lost:random:1:once");
    draw(1);
    encrypted("", kept);
  }

  @Test
  void a_lane_whose_session_went_with_anothers_is_told_before_it_uses_it() throws Exception {
    long first = madeOn(0);
    bench.clientSession = 2;
    long second = madeOn(1);
    card.fault("reset:random:1:once");
    draw(0);
    Outcome stale =
        bench.execute(1, HsmOperation.SM4_ENCRYPT, "", zeros(second).toByteArray(), null, null);
    assertEquals(Reason.STALE_HANDLE, stale.reason, stale.text);
    bench.clientSession = 1;
    assertStale(HsmOperation.SM4_ENCRYPT, "", zeros(first));
  }

  private void forgetKeysAt(int lane) throws Exception {
    long named = madeOn(lane);
    card.fault("forget_keys:mac:1:once");
    Outcome outcome =
        bench.execute(
            lane,
            HsmOperation.HMAC_SM3,
            "",
            MacRequest.newBuilder().setSessionKey(named).setData(of(OUR_ID)).build().toByteArray(),
            null,
            null);
    assertEquals(Reason.STALE_HANDLE, outcome.reason, outcome.text);
    assertFalse(card.hasFault());
  }

  @Test
  void a_lane_whose_card_forgot_keys_does_not_take_new_ones_for_them() throws Exception {
    List<Long> before = madeOn(0, FEW);
    bench.clientSession = 2;
    forgetKeysAt(1); // This lane hears of it, and the other one does not.
    List<Long> after = madeOn(0, MANY);
    encrypted(
        "", after.get(MANY - 1)); // Those before it was noticed cannot be told from lost ones.
    bench.clientSession = 1;
    for (long each : before) {
      assertStale(HsmOperation.SM4_ENCRYPT, "", zeros(each));
    }
  }

  @Test
  void nor_does_it_for_what_it_has_imported() throws Exception {
    WrappedKey wrapped =
        WrappedKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY,
                "kek",
                GenerateKeyRequest.newBuilder().setBits(128).build()));
    Sm4Request withWrapped = zeros(0).toBuilder().setKey(wrapped).build();
    byte[] expected = bench.call(HsmOperation.SM4_ENCRYPT, "kek", withWrapped);
    forgetKeysAt(1);
    madeOn(0, MANY);
    assertArrayEquals(expected, bench.call(HsmOperation.SM4_ENCRYPT, "kek", withWrapped));
  }

  @Test
  void whoever_releases_a_sessions_last_key_says_that_it_holds_nothing() throws Exception {
    List<Long> keys = List.of(madeOn(0), madeOn(1));
    bench.clientSession = 2;
    madeOn(0);
    bench.clientSession = 1;
    for (int lane = 0; lane < 2; lane++) {
      KeyReference key = KeyReference.newBuilder().setObject(keys.get(lane)).build();
      byte[] release = DestroyObjectRequest.newBuilder().setKey(key).build().toByteArray();
      Outcome released = bench.execute(lane, HsmOperation.RELEASE_OBJECT, "", release, null, null);
      assertEquals(Status.OK, released.status, released.text);
      assertEquals(lane == 1, released.holdsNothing);
    }
  }

  @Test
  void a_session_has_no_more_keys_than_it_may() throws Exception {
    BeginAgreementRequest asked = BeginAgreementRequest.newBuilder().setBits(128).build();
    for (int i = 0; i < LaneKeys.KEYS_PER_SESSION; i++) {
      bench.call(HsmOperation.BEGIN_AGREEMENT, "known", asked);
    }
    Outcome more = bench.execute(HsmOperation.BEGIN_AGREEMENT, "known", asked);
    assertEquals(Reason.BUDGET_EXCEEDED, more.reason, more.text);
    bench.clientSession = 2;
    bench.call(HsmOperation.BEGIN_AGREEMENT, "known", asked);
  }

  @Test
  void what_makes_no_agreement_is_refused() throws Exception {
    Agreement agreement = begin();
    Sm2PublicKey off = point(THEIR_KEY).toBuilder().setY(of(new byte[32])).build();
    FinishAgreementRequest[] wrong = {
      finish(agreement).toBuilder().setPublicKey(off).build(),
      finish(agreement).toBuilder().setTemporaryKey(off).build(),
      finish(agreement).toBuilder().clearTemporaryKey().build(),
      finish(agreement).toBuilder().setId(of(new byte[8192])).build()
    };
    for (FinishAgreementRequest each : wrong) {
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(HsmOperation.FINISH_AGREEMENT, "known", each).status);
    }
    bench.call(HsmOperation.FINISH_AGREEMENT, "known", finish(agreement));
    for (int bits : new int[] {0, 64, 192, 264, -1}) {
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(
                  HsmOperation.BEGIN_AGREEMENT,
                  "known",
                  BeginAgreementRequest.newBuilder().setBits(bits).build())
              .status);
    }
    assertEquals(
        Status.INVALID_ARGUMENT,
        bench.execute(
                HsmOperation.BEGIN_AGREEMENT,
                "kek",
                BeginAgreementRequest.newBuilder().setBits(128).build())
            .status);
  }
}
