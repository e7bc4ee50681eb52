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
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong answers at start, lost sessions, broken hardware. */
class SdfMisbehavingCardTest {
  private static final byte[] KEY = HexFormat.of().parseHex("00112233445566778899aabbccddeeff");
  private static final byte[] BLOCK = new byte[16];

  private SoftwareCard card;

  @BeforeEach
  void makeCard() throws Exception {
    card = SoftwareCard.ofThisProcess();
  }

  private static WrappedKey key() {
    byte[] kek = HexFormat.of().parseHex(SoftwareCard.KEK_HEX);
    return WrappedKey.newBuilder()
        .setBlob(ByteString.copyFrom(Reference.sm4(Algorithm.SM4_ECB, true, kek, null, KEY)))
        .build();
  }

  private static Sm4Request cipher(Sm4Mode mode) {
    return Sm4Request.newBuilder()
        .setKey(key())
        .setMode(mode)
        .setIv(ByteString.copyFrom(mode == Sm4Mode.SM4_MODE_ECB ? new byte[0] : BLOCK))
        .setData(ByteString.copyFrom(BLOCK))
        .build();
  }

  private static MacRequest mac() {
    return MacRequest.newBuilder().setKey(key()).setData(ByteString.copyFrom(BLOCK)).build();
  }

  private static Sm2SignRequest sign() {
    return Sm2SignRequest.newBuilder().setDigest(ByteString.copyFrom(new byte[32])).build();
  }

  /** Which algorithms answer; the others must say that they are disabled, and why. */
  private static Set<String> working(CardBench bench) {
    byte[] ones = new byte[32];
    ones[31] = 1;
    ByteString one = ByteString.copyFrom(ones);
    Map<String, Outcome> outcomes = new LinkedHashMap<>();
    outcomes.put(
        "RANDOM",
        bench.execute(HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(8).build()));
    outcomes.put(
        "SM3", bench.execute(HsmOperation.SM3_DIGEST, "", Sm3Request.getDefaultInstance()));
    outcomes.put("SM2_SIGN", bench.execute(HsmOperation.SM2_SIGN, "known", sign()));
    outcomes.put(
        "SM2_VERIFY",
        bench.execute(
            HsmOperation.SM2_VERIFY,
            "known",
            Sm2VerifyRequest.newBuilder()
                .setDigest(one)
                .setSignature(Sm2Signature.newBuilder().setR(one).setS(one))
                .build()));
    outcomes.put(
        "SM2_ENCRYPTION",
        bench.execute(
            HsmOperation.SM2_ENCRYPT,
            "known",
            Sm2EncryptRequest.newBuilder().setPlaintext(one).build()));
    for (Sm4Mode mode :
        new Sm4Mode[] {
          Sm4Mode.SM4_MODE_ECB,
          Sm4Mode.SM4_MODE_CBC,
          Sm4Mode.SM4_MODE_CFB,
          Sm4Mode.SM4_MODE_OFB,
          Sm4Mode.SM4_MODE_CTR
        }) {
      outcomes.put(
          Algorithm.of(mode).toString(),
          bench.execute(HsmOperation.SM4_ENCRYPT, "kek", cipher(mode)));
    }
    outcomes.put("SM4_MAC", bench.execute(HsmOperation.SM4_MAC, "kek", mac()));
    outcomes.put("HMAC_SM3", bench.execute(HsmOperation.HMAC_SM3, "kek", mac()));
    Set<String> working = new TreeSet<>();
    outcomes.forEach(
        (algorithm, outcome) -> {
          if (outcome.status == Status.OK) {
            working.add(algorithm);
          } else {
            assertEquals(Status.FAILED_PRECONDITION, outcome.status, outcome.text);
            assertEquals(Reason.ALGORITHM_DISABLED, outcome.reason);
            // Without SM4 a key under the KEK cannot be had, whatever it is to be used for.
            Matcher failed =
                Pattern.compile("(\\w+) failed its known-answer test: .*").matcher(outcome.text);
            assertTrue(failed.matches(), outcome.text);
            assertTrue(List.of(algorithm, "SM4_ECB").contains(failed.group(1)), outcome.text);
            assertTrue(
                bench.driver.notes().contains(failed.group(1) + " is disabled: "),
                bench.driver.notes());
          }
        });
    return working;
  }

  private static Set<String> all() {
    Set<String> all = new TreeSet<>();
    for (Algorithm algorithm : Algorithm.values()) {
      all.add(algorithm.toString());
    }
    return all;
  }

  /** The N-th call of its class since the card was opened, which is one of the self-test's. */
  @ParameterizedTest
  @CsvSource({
    "hash:3, SM3, 'SM3(abc): expected 66c7f0f4'",
    "verify:1, SM2_VERIFY, SDF_ExternalVerify_ECC",
    "verify:2, SM2_VERIFY, a signature of another digest is valid",
    "sign:1, SM2_SIGN, its own signature does not verify",
    "sm2:1, SM2_ENCRYPTION, ''",
    "sm2:3, SM2_ENCRYPTION, SDF_InternalDecrypt_ECC decrypts neither of two ciphertexts",
    "sm2:4, SM2_ENCRYPTION, SM2 decryption of an encryption: expected 0123456789abcdef",
    "cipher:2, SM4_ECB SM4_CBC SM4_CFB SM4_OFB SM4_CTR SM4_MAC HMAC_SM3, 'SM4 decryption of one"
        + " block'",
    "mac:1, SM4_MAC, 'SM4 CBC-MAC: expected '",
    "mac:2, HMAC_SM3, 'HMAC-SM3: expected '"
  })
  void an_algorithm_whose_known_answer_is_wrong_is_disabled_with_the_reason(
      String call, String disabled, String reason) throws Exception {
    card.fault("wrong_answer:" + call);
    try (CardBench bench = CardBench.open(card)) {
      Set<String> expected = all();
      expected.removeAll(Set.of(disabled.split(" ")));
      assertEquals(expected, working(bench), bench.driver.notes());
      assertTrue(bench.driver.notes().contains(reason), bench.driver.notes());
      assertTrue(bench.driver.notes().endsWith("all other answers are right"));
    }
    card.mend();
    try (CardBench bench = CardBench.open(card)) {
      assertEquals(all(), working(bench), "after it was mended and opened again");
    }
  }

  @Test
  void a_message_is_neither_signed_nor_verified_with_a_digest_that_is_wrong() throws Exception {
    card.fault("wrong_answer:hash:3");
    try (CardBench bench = CardBench.open(card)) {
      ByteString message = ByteString.copyFromUtf8("a message");
      Outcome signed =
          bench.execute(
              HsmOperation.SM2_SIGN,
              "known",
              Sm2SignRequest.newBuilder().setMessage(message).build());
      assertEquals(Reason.ALGORITHM_DISABLED, signed.reason, signed.text);
      assertTrue(signed.text.startsWith("SM3 failed"), signed.text);
      Outcome verified =
          bench.execute(
              HsmOperation.SM2_VERIFY,
              "known",
              Sm2VerifyRequest.newBuilder().setMessage(message).build());
      assertEquals(Reason.ALGORITHM_DISABLED, verified.reason, verified.text);
    }
  }

  @Test
  void a_generator_that_fails_is_disabled() throws Exception {
    card.fault("hardfail:random:2");
    try (CardBench bench = CardBench.open(card)) {
      Set<String> expected = all();
      expected.remove("RANDOM");
      assertEquals(expected, working(bench));
      assertTrue(bench.driver.notes().contains("SDR_HARDFAIL"), bench.driver.notes());
    }
  }

  @Test
  void without_an_sm2_key_what_cannot_be_tested_is_disabled_and_it_is_said_why() throws Exception {
    Map<String, String> settings = CardBench.settings(card);
    settings.keySet().removeIf(key -> key.startsWith("target.") && !key.contains(".kek."));
    try (CardBench bench = CardBench.open(settings)) {
      String notes = bench.driver.notes();
      assertTrue(
          notes.contains("are disabled, not tested: it takes an SM2 key of the card"), notes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hardfail:open:1", "commfail:open:1"})
  void a_card_that_does_not_open_may_come_back(String fault) throws Exception {
    card.fault(fault);
    DriverException e = assertThrows(DriverException.class, () -> CardBench.open(card).close());
    assertFalse(e.isPermanent());
    assertTrue(e.getMessage().contains("SDF_OpenDevice: SDR_"), e.getMessage());
    card.mend();
    CardBench.open(card).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "info"})
  void a_card_that_fails_behind_its_opening_is_given_back(String operation) throws Exception {
    card.fault("hardfail:" + operation + ":1");
    DriverException e = assertThrows(DriverException.class, () -> CardBench.open(card).close());
    assertFalse(e.isPermanent());
    card.mend();
    CardBench.open(card).close();
  }

  private static Map<String, Object[]> requests() {
    Map<String, Object[]> requests = new LinkedHashMap<>();
    requests.put("sign", new Object[] {HsmOperation.SM2_SIGN, "known", sign()});
    requests.put(
        "hash", new Object[] {HsmOperation.SM3_DIGEST, "", Sm3Request.getDefaultInstance()});
    requests.put(
        "random",
        new Object[] {HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(8).build()});
    requests.put(
        "cipher", new Object[] {HsmOperation.SM4_ENCRYPT, "kek", cipher(Sm4Mode.SM4_MODE_CBC)});
    requests.put("mac", new Object[] {HsmOperation.HMAC_SM3, "kek", mac()});
    requests.put(
        "sm2",
        new Object[] {
          HsmOperation.SM2_ENCRYPT,
          "known",
          Sm2EncryptRequest.newBuilder().setPlaintext(ByteString.copyFrom(BLOCK)).build()
        });
    requests.put(
        "key",
        new Object[] {
          HsmOperation.GENERATE_KEY, "kek", GenerateKeyRequest.newBuilder().setBits(128).build()
        });
    return requests;
  }

  private static Outcome execute(CardBench bench, Object[] request) {
    return bench.execute((Integer) request[0], (String) request[1], (MessageLite) request[2]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sign", "hash", "random", "cipher", "mac", "sm2", "key"})
  void a_lost_session_is_replaced_and_the_request_answered(String operation) throws Exception {
    Object[] request = requests().get(operation);
    try (CardBench bench = CardBench.open(card)) {
      execute(bench, request);
      for (String fault : new String[] {"session_lost", "commfail"}) {
        card.fault(fault + ":" + operation + ":1:once");
        Outcome outcome = execute(bench, request);
        assertEquals(Status.OK, outcome.status, fault + ": " + outcome.text);
      }
    }
  }

  @Test
  void rights_and_imported_keys_come_back_with_a_new_session() throws Exception {
    try (CardBench bench = CardBench.open(card)) {
      byte[] before = bench.call(HsmOperation.SM4_ENCRYPT, "kek", cipher(Sm4Mode.SM4_MODE_CBC));
      assertEquals(Status.OK, bench.execute(HsmOperation.SM2_SIGN, "guarded", sign()).status);
      card.fault("session_lost:random:1:once");
      bench.call(HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(8).build());
      assertArrayEquals(
          Sm4Reply.parseFrom(before).toByteArray(),
          bench.call(HsmOperation.SM4_ENCRYPT, "kek", cipher(Sm4Mode.SM4_MODE_CBC)));
      assertEquals(Status.OK, bench.execute(HsmOperation.SM2_SIGN, "guarded", sign()).status);
    }
  }

  @Test
  void a_session_that_is_lost_again_and_again_ends_as_unavailable() throws Exception {
    try (CardBench bench = CardBench.open(card)) {
      card.fault("session_lost:sign:0");
      Outcome outcome = bench.execute(HsmOperation.SM2_SIGN, "known", sign());
      assertEquals(Status.UNAVAILABLE, outcome.status, outcome.text);
      assertTrue(outcome.text.contains("SDF_InternalSign_ECC: SDR_OPENSESSION"), outcome.text);
      card.mend();
      assertEquals(Status.OK, bench.execute(HsmOperation.SM2_SIGN, "known", sign()).status);
    }
  }

  /** Whatever it is asked, and in whichever session. */
  private static String removed(String code) {
    return code + ":sign:0," + code + ":session:0," + code + ":info:0," + code + ":open:0";
  }

  @ParameterizedTest
  @ValueSource(strings = {"commfail", "hardfail"})
  void a_card_that_is_gone_is_noticed_and_serves_when_it_is_opened_anew(String code)
      throws Exception {
    try (CardBench bench = CardBench.open(card)) {
      assertEquals(Status.OK, bench.execute(HsmOperation.SM2_SIGN, "known", sign()).status);
      card.fault(removed(code));
      assertEquals(
          Status.UNAVAILABLE, bench.execute(HsmOperation.SM2_SIGN, "known", sign()).status);
      assertNull(bench.driver.loss(), "one failure may pass");
      assertEquals(
          Status.UNAVAILABLE, bench.execute(HsmOperation.SM2_SIGN, "known", sign()).status);
      assertTrue(
          bench.driver.loss().startsWith("the card is gone: 2 requests in a row failed"),
          bench.driver.loss());
      assertTrue(bench.driver.loss().contains("SDF_OpenSession: SDR_"), bench.driver.loss());
      card.mend();
    }
    try (CardBench bench = CardBench.open(card)) {
      assertEquals(Status.OK, bench.execute(HsmOperation.SM2_SIGN, "known", sign()).status);
    }
  }

  @Test
  void a_card_that_is_back_before_it_counts_as_gone_is_served_on() throws Exception {
    try (CardBench bench = CardBench.open(card)) {
      for (int i = 0; i < 3; i++) {
        card.fault(removed("commfail"));
        Outcome away = bench.execute(HsmOperation.SM2_SIGN, "known", sign());
        assertEquals(Status.UNAVAILABLE, away.status, away.text);
        card.mend();
        Outcome back = bench.execute(HsmOperation.SM2_SIGN, "known", sign());
        assertEquals(Status.OK, back.status, back.text);
      }
      assertNull(bench.driver.loss());
    }
  }

  @Test
  void a_card_that_fails_at_one_thing_only_is_not_gone() throws Exception {
    try (CardBench bench = CardBench.open(card)) {
      card.fault("hardfail:sign:0");
      for (int i = 0; i < 4; i++) {
        Outcome outcome = bench.execute(HsmOperation.SM2_SIGN, "known", sign());
        assertEquals(Status.UNAVAILABLE, outcome.status, outcome.text);
      }
      assertNull(bench.driver.loss());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sign", "hash", "random", "cipher", "mac", "sm2", "key"})
  void broken_hardware_is_an_answer_and_the_next_request_is_served(String operation)
      throws Exception {
    Object[] request = requests().get(operation);
    try (CardBench bench = CardBench.open(card)) {
      for (int call = 1; call <= (operation.equals("hash") ? 2 : 1); call++) {
        card.fault("hardfail:" + operation + ":" + call + ":once");
        Outcome outcome = execute(bench, request);
        assertEquals(Status.UNAVAILABLE, outcome.status, outcome.text);
        assertEquals(Reason.DRIVER_ERROR, outcome.reason);
        assertTrue(outcome.text.contains("SDR_HARDFAIL"), outcome.text);
        assertTrue(outcome.text.startsWith("SDF_"), "names the function: " + outcome.text);
        card.mend();
        assertEquals(Status.OK, execute(bench, request).status);
      }
    }
  }

  @Test
  void a_cache_of_few_keys_still_serves_many() throws Exception {
    Map<String, String> settings = CardBench.settings(card);
    settings.put("keys_cached", "2");
    byte[] kek = HexFormat.of().parseHex(SoftwareCard.KEK_HEX);
    try (CardBench bench = CardBench.open(settings)) {
      for (int round = 0; round < 3; round++) {
        for (byte i = 0; i < 5; i++) {
          byte[] key = KEY.clone();
          key[0] = i;
          Sm4Request request =
              cipher(Sm4Mode.SM4_MODE_CBC).toBuilder()
                  .setKey(
                      WrappedKey.newBuilder()
                          .setBlob(
                              ByteString.copyFrom(
                                  Reference.sm4(Algorithm.SM4_ECB, true, kek, null, key))))
                  .build();
          Sm4Reply reply = Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_ENCRYPT, "kek", request));
          assertArrayEquals(
              Reference.sm4(Algorithm.SM4_CBC, true, key, BLOCK, BLOCK),
              reply.getData().toByteArray());
        }
      }
    }
  }

  @Test
  void exported_keys_outlive_a_session() throws Exception {
    try (CardBench bench = CardBench.open(card)) {
      ExportPublicKeyRequest asked = ExportPublicKeyRequest.getDefaultInstance();
      byte[] before = bench.call(HsmOperation.EXPORT_PUBLIC_KEY, "known", asked);
      card.fault("session_lost:random:1:once");
      assertEquals(
          8,
          Bytes.parseFrom(
                  bench.call(
                      HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(8).build()))
              .getData()
              .size());
      assertArrayEquals(before, bench.call(HsmOperation.EXPORT_PUBLIC_KEY, "known", asked));
    }
  }
}
