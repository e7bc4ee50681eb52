// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.load.SdfProgram;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Session keys that come in the clear, and those of 256 bits: what a card says, Berth's library in
 * its place must say.
 */
final class SdfClearAndLongKeysTest extends SdfSideBySide {
  private static final String SM4_ECB = "0x401";
  private static final String SM2_ENCRYPT = "0x20800";
  private static final String KEY_LOST = "0x01B00002";
  private static final String KEY_TYPE = "0x01000014";

  private String told(String command) {
    String[] words = same(command).split(" ", -1);
    assertEquals(SdfProgram.OK, words[0], command);
    return words[1];
  }

  private void bad(List<String> commands) {
    for (String command : commands) {
      assertNotEquals(SdfProgram.OK, same(command), command);
    }
  }

  /** A key of 256 bits, at both: for HMAC alone. */
  private void servesHmacAlone(String key) {
    String data = hex(64);
    String mac = told("CalculateMAC @s " + key + " 0x1 null " + data);
    good("HMACInit @s " + key + " 0x100001");
    good("HMACUpdate @s " + data);
    assertEquals(mac, told("HMACFinal @s"));
    for (String command :
        List.of(
            "Encrypt @s " + key + " " + SM4_ECB + " null " + data,
            "Decrypt @s " + key + " 0x402 " + hex(16) + " " + data,
            "CalculateMAC @s " + key + " 0x410 " + hex(16) + " " + data,
            "EncryptInit @s " + key + " 0x402 " + hex(16),
            "CalculateMACInit @s " + key + " 0x410 " + hex(16),
            "AuthEnc @s " + key + " 0x2000400 " + hex(12) + " - " + data + " 16")) {
      assertEquals(KEY_TYPE, same(command).split(" ", -1)[0], command);
    }
  }

  @Test
  void a_key_that_comes_in_the_clear_is_the_same_key_on_both() {
    open();
    String key = hex(16);
    good("ImportKey @s " + key + " @key");
    String data = hex(5008);
    String iv = hex(16);
    String made = told("Encrypt @s @key 0x402 " + iv + " " + data);
    assertEquals(made, told("ExternalKeyEncrypt @s 0x402 " + String.join(" ", key, iv, data)));
    assertEquals(data, told("Decrypt @s @key 0x402 " + iv + " " + made));
    told("AuthEnc @s @key 0x2000400 " + hex(12) + " - " + data + " 16");
    good("DestroyKey @s @key");
    bad(
        List.of(
            "Encrypt @s @key " + SM4_ECB + " null " + hex(16),
            "DestroyKey @s @key",
            "ImportKey @s - @x",
            "ImportKey @s " + hex(15) + " @x",
            "ImportKey @s " + hex(24) + " @x",
            "ImportKey @s " + key + ":4294967295 @x",
            "ImportKey @s null @x",
            "ImportKey @s " + key + " null",
            "ImportKey bogus " + key + " @x"));
    good("ImportKey @s " + hex(32) + " @long");
    servesHmacAlone("@long");
  }

  @Test
  void a_key_that_came_in_the_clear_is_said_to_be_lost_with_its_worker() throws Exception {
    open();
    String key = hex(16);
    String block = hex(16);
    berth.result("ImportKey @s " + key + " @key");
    berth.result("HMACInit @s @key 1");
    berth.result("HMACUpdate @s " + block);
    killWorker();
    assertEquals(KEY_LOST, berth.call("HMACFinal @s"));
    assertEquals(KEY_LOST, berth.call("Encrypt @s @key " + SM4_ECB + " null " + block));
    berth.result("DestroyKey @s @key");
    good("ImportKey @s " + key + " @again");
    told("Encrypt @s @again " + SM4_ECB + " null " + block);
    restart();
    String after = berth.call("Encrypt @s @again " + SM4_ECB + " null " + block);
    assertTrue(
        after.equals(KEY_LOST)
            || after.equals(card.call("Encrypt @s @again " + SM4_ECB + " null " + block)),
        after);
  }

  @Test
  void an_hmac_under_a_key_in_the_clear_is_that_of_the_card_through_lost_workers_and_brokers()
      throws Exception {
    open();
    for (int keyBytes : new int[] {1, 16, 32, 65, 1024}) {
      for (int bytes : new int[] {1, 2049, 30_000}) {
        String data = hex(bytes);
        good("ExternalKeyHMACInit @s 0x100001 " + hex(keyBytes));
        good("HMACUpdate @s " + data.substring(0, 2));
        good("HMACUpdate @s " + (bytes == 1 ? "-" : data.substring(2)));
        assertEquals(64, told("HMACFinal @s").length());
      }
    }
    good("ExternalKeyHMACInit @s 0x1 " + hex(16));
    for (Disturbance disturbance :
        List.<Disturbance>of(this::killWorker, this::restart, this::killWorker)) {
      good("HMACUpdate @s " + hex(100)); // which the worker does not see: it must be there
      berth.result("GenerateRandom @s 16");
      disturbance.happen();
    }
    told("HMACFinal @s");
    bad(
        List.of(
            "HMACFinal @s",
            "ExternalKeyHMACInit @s 0x401 " + hex(16),
            "ExternalKeyHMACInit @s 0x1 -",
            "ExternalKeyHMACInit @s 0x1 null",
            "ExternalKeyHMACInit @s 0x1 " + hex(16) + ":4294967295",
            "ExternalKeyHMACInit bogus 0x1 " + hex(16),
            "HMACUpdate @s " + hex(16)));
  }

  @Test
  void keys_of_256_bits_are_made_and_taken_in_as_on_the_card() {
    open();
    // Each side's wrapped key is imported by both.
    for (SdfProgram maker : List.of(card, berth)) {
      String underKek = maker.result("GenerateKeyWithKEK @s 256 " + SM4_ECB + " 1 @made");
      assertEquals(64, underKek.length());
      good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + underKek + " @key");
      servesHmacAlone("@key");
      String underPair = maker.result("GenerateKeyWithIPK_ECC @s 1 256 @made");
      good("ImportKeyWithISK_ECC @s 1 " + underPair + " @key");
      servesHmacAlone("@key");
      String underRsa = maker.result("GenerateKeyWithIPK_RSA @s 1 256 @made");
      good("ImportKeyWithISK_RSA @s 1 " + underRsa + " @key");
      servesHmacAlone("@key");
      String recipient = told("ExportEncPublicKey_ECC @s 2");
      String envelope =
          maker.result(
              "GenerateKeyWithEPK_ECC @s 256 " + SM2_ENCRYPT + " " + recipient + " @forOther");
      good("ImportKeyWithISK_ECC @s 2 " + envelope + " @key");
      servesHmacAlone("@key");
      String data = hex(32);
      assertEquals(
          maker.result("CalculateMAC @s @forOther 0x1 null " + data),
          told("CalculateMAC @s @key 0x1 null " + data));
      assertEquals(KEY_TYPE, maker.call("Encrypt @s @forOther " + SM4_ECB + " null " + hex(16)));
    }
    bad(
        List.of(
            "GenerateKeyWithKEK @s 192 " + SM4_ECB + " 1 @x",
            "GenerateKeyWithKEK @s 255 " + SM4_ECB + " 1 @x",
            "GenerateKeyWithKEK @s 512 " + SM4_ECB + " 1 @x",
            "GenerateKeyWithIPK_ECC @s 1 257 @x",
            "GenerateKeyWithIPK_RSA @s 1 264 @x"));
  }

  @Test
  void both_sides_of_an_agreement_may_have_256_bits() {
    for (SdfProgram[] sides : new SdfProgram[][] {{card, berth}, {berth, card}, {berth, berth}}) {
      for (SdfProgram each : List.of(card, berth)) {
        each.call("CloseDevice @device");
      }
      open();
      String id = hex(16);
      String[] begun =
          sides[0]
              .result("GenerateAgreementDataWithECC @s 1 256 " + id + " @agreement")
              .split(" ", -1);
      String[] answered =
          sides[1]
              .result(
                  "GenerateAgreementDataAndKeyWithECC @s 2 256 "
                      + String.join(" ", id, id, begun[0], begun[1])
                      + " @theirs")
              .split(" ", -1);
      sides[0].result(
          "GenerateKeyWithECC @s "
              + String.join(" ", id, answered[0], answered[1])
              + " @agreement @ours");
      String data = hex(40);
      assertEquals(
          sides[0].result("CalculateMAC @s @ours 0x1 null " + data),
          sides[1].result("CalculateMAC @s @theirs 0x1 null " + data));
      assertEquals(KEY_TYPE, sides[0].call("Encrypt @s @ours " + SM4_ECB + " null " + hex(16)));
      assertEquals(KEY_TYPE, sides[1].call("Encrypt @s @theirs " + SM4_ECB + " null " + hex(16)));
    }
  }
}
