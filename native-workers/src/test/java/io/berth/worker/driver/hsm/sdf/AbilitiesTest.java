// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the card is said to be able to do: DEVICEINFO's masks, in the standard's numbers. */
class AbilitiesTest {
  private static final int SM2_SIGN_EXCHANGE_ENCRYPT = 0x20E00;
  private static final int SM2_SIGN_ENCRYPT = 0x20A00;
  private static final int RSA = 0x10000;
  private static final int SM4_PLAIN_MODES = 0x43F;
  private static final int GCM_CCM = 0x06000000;
  private static final int SM4_MAC = 0x410;
  private static final int SM3 = 1;
  private static final int SHA1_SHA256 = 6;

  private static TokenInfo info(Map<String, String> settings) throws Exception {
    try (CardBench bench = CardBench.open(settings)) {
      return TokenInfo.parseFrom(
          bench.call(HsmOperation.TOKEN_INFO, "", TokenInfoRequest.getDefaultInstance()));
    }
  }

  private static void assertMasks(
      TokenInfo info, int asymmetric, int bits, int symmetric, int hash) {
    assertEquals(
        String.format("%X %d %X %X", asymmetric, bits, symmetric, hash),
        String.format(
            "%X %d %X %X",
            info.getAsymmetricAlgorithms(),
            info.getAsymmetricBits(),
            info.getSymmetricAlgorithms(),
            info.getHashAlgorithms()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "tongsuo", "openhitls"})
  void a_card_that_can_do_all_says_what_the_card_itself_says(String dialect) throws Exception {
    Map<String, String> settings = CardBench.settings(SoftwareCard.ofThisProcess());
    if (!dialect.equals("standard")) {
      settings = CardBench.settings(SoftwareCard.ofThisProcess(), dialect);
    }
    assertMasks(
        info(settings),
        RSA | SM2_SIGN_EXCHANGE_ENCRYPT,
        256 | 1024 | 2048,
        SM4_PLAIN_MODES | GCM_CCM,
        SM3 | SHA1_SHA256);
  }

  /**
   * Whose 0x2000 family of SM4 and 0x20100 of SM2 are other algorithms in the standard. It computes
   * two hashes rightly that it does not name itself.
   */
  @Test
  void a_card_of_another_dialect_is_told_in_the_standards_numbers() throws Exception {
    assertMasks(
        info(CardBench.settings(SoftwareCard.ofThisProcess(), "sansec")),
        SM2_SIGN_ENCRYPT,
        256,
        SM4_PLAIN_MODES,
        SM3 | SHA1_SHA256);
  }

  @Test
  void what_the_known_answers_have_disabled_is_not_told() throws Exception {
    SoftwareCard card = SoftwareCard.ofThisProcess();
    card.fault("wrong_answer:cipher:2");
    assertMasks(
        info(CardBench.settings(card)),
        RSA | SM2_SIGN_EXCHANGE_ENCRYPT,
        256 | 1024 | 2048,
        GCM_CCM | SM4_MAC,
        SM3 | SHA1_SHA256);
    card.mend();
  }

  @Test
  void without_an_sm2_key_nothing_that_needs_one_to_be_tested_is_told() throws Exception {
    Map<String, String> settings = CardBench.settings(SoftwareCard.ofThisProcess());
    settings.keySet().removeIf(key -> key.startsWith("target.known"));
    settings.keySet().removeIf(key -> key.startsWith("target.guarded"));
    settings.remove("target.absent.index");
    TokenInfo info = info(settings);
    assertEquals(0, info.getSymmetricAlgorithms());
    assertEquals(SM3 | SHA1_SHA256, info.getHashAlgorithms());
  }
}
