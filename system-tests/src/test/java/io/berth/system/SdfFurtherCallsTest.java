// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.SdfProgram;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * RSA, keys for and with another party, authenticated encryption and further hashes: what a card
 * says, Berth's library in its place must say.
 */
final class SdfFurtherCallsTest extends SdfSideBySide {
  private static final String SM2_ENCRYPT = "0x20800";
  private static final String SM4_ECB = "0x401";
  private static final String GCM = "0x2000400";
  private static final String CCM = "0x4000400";
  private static final String KEY_LOST = "0x01B00002";
  private static final int RSA_BYTES = 256;

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

  private static BigInteger field(String publicKey, int number) {
    int from = 8 + number * 2 * RSA_BYTES;
    return new BigInteger(publicKey.substring(from, from + 2 * RSA_BYTES), 16);
  }

  private static String padded(BigInteger number) {
    String hex = number.toString(16);
    return "0".repeat(2 * RSA_BYTES - hex.length()) + hex;
  }

  @Test
  void the_device_names_the_algorithms_that_the_card_names() throws Exception {
    open();
    String masks = told("GetDeviceInfo @s");
    assertTrue(masks.startsWith("000e0300"), masks + ": RSA and all of SM2");
    killWorker();
    assertEquals(masks, told("GetDeviceInfo @s"));
  }

  @Test
  void rsa_raises_numbers_as_on_the_card_and_as_mathematics_says() {
    open();
    String signing = told("ExportSignPublicKey_RSA @s 1");
    String encrypting = told("ExportEncPublicKey_RSA @s 1");
    assertNotEquals(signing, encrypting);
    BigInteger modulus = field(signing, 0);
    BigInteger exponent = field(signing, 1);
    String number = "00" + hex(RSA_BYTES - 1);
    String raised = told("InternalPrivateKeyOperation_RSA @s 1 " + number);
    assertEquals(padded(new BigInteger(raised, 16).modPow(exponent, modulus)), number);
    assertEquals(number, told("InternalPublicKeyOperation_RSA @s 1 " + raised));
    assertEquals(number, told("ExternalPublicKeyOperation_RSA @s " + signing + " " + raised));
    assertEquals(
        padded(new BigInteger(number, 16).modPow(field(encrypting, 1), field(encrypting, 0))),
        told("ExternalPublicKeyOperation_RSA @s " + encrypting + " " + number));
    String tooLarge = padded(modulus);
    bad(
        List.of(
            "ExportSignPublicKey_RSA @s 9",
            "ExportEncPublicKey_RSA @s 2",
            "ExportEncPublicKey_RSA bogus 1",
            "InternalPrivateKeyOperation_RSA @s 9 " + number,
            "InternalPrivateKeyOperation_RSA @s 1 " + number + ":255",
            "InternalPrivateKeyOperation_RSA @s 1 " + number + "00",
            "InternalPrivateKeyOperation_RSA @s 1 " + number + ":0",
            "InternalPrivateKeyOperation_RSA @s 1 " + number + ":4294967295",
            "InternalPrivateKeyOperation_RSA @s 1 null:256",
            "InternalPrivateKeyOperation_RSA @s 1 " + tooLarge,
            "InternalPublicKeyOperation_RSA @s 1 " + tooLarge,
            "InternalPublicKeyOperation_RSA @s 1 " + number + ":128",
            "InternalPublicKeyOperation_RSA @device 1 " + number,
            "ExternalPublicKeyOperation_RSA @s " + signing + " " + tooLarge,
            "ExternalPublicKeyOperation_RSA @s " + signing + " " + number + ":255",
            "ExternalPublicKeyOperation_RSA @s null " + number,
            "ExternalPublicKeyOperation_RSA @s " + changed(signing, 1) + " " + number,
            "ExternalPublicKeyOperation_RSA @s " + changed(signing, 4 + 255) + " " + number,
            "ExternalPublicKeyOperation_RSA @s " + changed(signing, 4) + " " + number));
  }

  /** The key that one has made and both have imported. */
  private void isTheSame(SdfProgram maker, String made, String imported) {
    String block = hex(16);
    assertEquals(
        maker.result("Encrypt @s " + made + " " + SM4_ECB + " null " + block),
        told("Encrypt @s " + imported + " " + SM4_ECB + " null " + block));
  }

  @Test
  void a_session_key_under_rsa_is_the_same_key_to_both() {
    open();
    String encrypting = told("ExportEncPublicKey_RSA @s 1");
    for (SdfProgram maker : List.of(card, berth)) {
      String own = maker.result("GenerateKeyWithIPK_RSA @s 1 128 @made");
      good("ImportKeyWithISK_RSA @s 1 " + own + " @key");
      isTheSame(maker, "@made", "@key");
      String another = maker.result("GenerateKeyWithEPK_RSA @s 128 " + encrypting + " @made");
      good("ImportKeyWithISK_RSA @s 1 " + another + " @key");
      isTheSame(maker, "@made", "@key");
      String turned =
          maker.result("ExchangeDigitEnvelopeBaseOnRSA @s 1 " + encrypting + " " + another);
      assertNotEquals(another, turned);
      good("ImportKeyWithISK_RSA @s 1 " + turned + " @again");
      isTheSame(maker, "@made", "@again");
      maker.result("DestroyKey @s @made");
    }
    String envelope = card.result("GenerateKeyWithIPK_RSA @s 1 128 @made");
    bad(
        List.of(
            "GenerateKeyWithIPK_RSA @s 9 128 @x",
            "GenerateKeyWithIPK_RSA @s 1 100 @x",
            "GenerateKeyWithIPK_RSA @s 1 128 null",
            "GenerateKeyWithEPK_RSA @s 128 null @x",
            "GenerateKeyWithEPK_RSA @s 128 " + changed(encrypting, 2) + " @x",
            "ImportKeyWithISK_RSA @s 9 " + envelope + " @x",
            "ImportKeyWithISK_RSA @s 1 " + changed(envelope, 100) + " @x",
            "ImportKeyWithISK_RSA @s 1 " + envelope + ":255 @x",
            "ImportKeyWithISK_RSA @s 1 null:256 @x",
            "ImportKeyWithISK_RSA @s 1 " + envelope + " null",
            "ExchangeDigitEnvelopeBaseOnRSA @s 9 " + encrypting + " " + envelope,
            "ExchangeDigitEnvelopeBaseOnRSA @s 1 " + encrypting + " " + changed(envelope, 9),
            "ExchangeDigitEnvelopeBaseOnRSA @s 1 " + encrypting + " " + envelope + ":255",
            "ExchangeDigitEnvelopeBaseOnRSA @s 1 " + changed(encrypting, 1) + " " + envelope,
            "ExchangeDigitEnvelopeBaseOnRSA @s 1 null " + envelope));
  }

  @Test
  void a_key_of_256_bits_under_rsa_serves_hmac_and_not_sm4() {
    open();
    String envelope = card.result("GenerateKeyWithIPK_RSA @s 1 256 @made");
    good("ImportKeyWithISK_RSA @s 1 " + envelope + " @key");
    good("CalculateMAC @s @key 1 null " + hex(100));
    bad(List.of("Encrypt @s @key " + SM4_ECB + " null " + hex(16)));
  }

  @Test
  void a_session_key_for_another_sm2_key_is_held_and_used_like_any_other() {
    open();
    String recipient = told("ExportEncPublicKey_ECC @s 2");
    for (SdfProgram maker : List.of(card, berth)) {
      String envelope =
          maker.result("GenerateKeyWithEPK_ECC @s 128 " + SM2_ENCRYPT + " " + recipient + " @made");
      good("ImportKeyWithISK_ECC @s 2 " + envelope + " @key");
      isTheSame(maker, "@made", "@key");
      String turned =
          maker.result(
              "ExchangeDigitEnvelopeBaseOnECC @s 2 "
                  + SM2_ENCRYPT
                  + " "
                  + told("ExportEncPublicKey_ECC @s 1")
                  + " "
                  + envelope);
      good("ImportKeyWithISK_ECC @s 1 " + turned + " @again");
      isTheSame(maker, "@made", "@again");
    }
    String data = hex(5000);
    String iv = hex(16);
    for (String call :
        List.of(
            "Encrypt @s @made 0x402 " + iv + " " + data.substring(0, 9984),
            "Decrypt @s @made 0x404 " + iv + " " + data.substring(0, 9984),
            "CalculateMAC @s @made 0x410 " + iv + " " + data.substring(0, 32),
            "CalculateMAC @s @made 1 null " + data)) {
      assertEquals(card.result(call.replace("@made", "@key")), berth.result(call), call);
    }
    good("DestroyKey @s @made");
    String envelope = card.result("GenerateKeyWithIPK_ECC @s 1 128 @made");
    String exchange = "ExchangeDigitEnvelopeBaseOnECC @s ";
    bad(
        List.of(
            "GenerateKeyWithEPK_ECC @s 128 0x20200 " + recipient + " @x",
            "GenerateKeyWithEPK_ECC @s 128 " + SM2_ENCRYPT + " " + changed(recipient, 0) + " @x",
            "GenerateKeyWithEPK_ECC @s 128 " + SM2_ENCRYPT + " " + changed(recipient, 40) + " @x",
            "GenerateKeyWithEPK_ECC @s 128 " + SM2_ENCRYPT + " null @x",
            "GenerateKeyWithEPK_ECC @s 100 " + SM2_ENCRYPT + " " + recipient + " @x",
            exchange + "9 " + SM2_ENCRYPT + " " + recipient + " " + envelope,
            exchange + "2 " + SM2_ENCRYPT + " " + recipient + " " + envelope,
            exchange + "1 0x20200 " + recipient + " " + envelope,
            exchange + "1 " + SM2_ENCRYPT + " " + changed(recipient, 1) + " " + envelope,
            exchange + "1 " + SM2_ENCRYPT + " " + recipient + " " + changed(envelope, 0),
            exchange + "1 " + SM2_ENCRYPT + " " + recipient + " " + changed(envelope, 170),
            exchange + "1 " + SM2_ENCRYPT + " " + recipient + " " + changed(envelope, 161),
            exchange + "1 " + SM2_ENCRYPT + " " + recipient + " null"));
  }

  private static String[] words(String answer) {
    return answer.split(" ", -1);
  }

  @Test
  void a_key_is_agreed_on_between_any_two_of_card_and_berth() {
    open();
    String sponsorId = hex(16);
    String responseId = hex(30);
    for (SdfProgram sponsor : List.of(card, berth)) {
      for (SdfProgram responder : List.of(card, berth)) {
        String[] begun =
            words(
                sponsor.result(
                    "GenerateAgreementDataWithECC @s 1 128 " + sponsorId + " @agreement"));
        String[] answered =
            words(
                responder.result(
                    "GenerateAgreementDataAndKeyWithECC @s 2 128 "
                        + String.join(" ", responseId, sponsorId, begun[0], begun[1])
                        + " @theirs"));
        sponsor.result(
            "GenerateKeyWithECC @s "
                + String.join(" ", responseId, answered[0], answered[1])
                + " @agreement @ours");
        String block = hex(16);
        assertEquals(
            sponsor.result("Encrypt @s @ours " + SM4_ECB + " null " + block),
            responder.result("Encrypt @s @theirs " + SM4_ECB + " null " + block));
        assertEquals(
            "0x01000008",
            sponsor.call(
                "GenerateKeyWithECC @s "
                    + String.join(" ", responseId, answered[0], answered[1])
                    + " @agreement @x"));
      }
    }
  }

  @Test
  void a_wrong_agreement_is_refused_as_by_the_card_and_leaves_what_was_begun() {
    open();
    String id = hex(16);
    String begin = "GenerateAgreementDataWithECC @s 1 128 " + id + " @agreement";
    card.result(begin);
    String[] begun = words(berth.result(begin));
    String[] answered =
        words(
            card.result(
                "GenerateAgreementDataAndKeyWithECC @s 2 128 "
                    + String.join(" ", id, id, begun[0], begun[1])
                    + " @theirs"));
    String finish = "GenerateKeyWithECC @s ";
    String keys = " " + answered[0] + " " + answered[1];
    String respond = "GenerateAgreementDataAndKeyWithECC @s ";
    bad(
        List.of(
            "GenerateAgreementDataWithECC @s 9 128 " + id + " @x",
            "GenerateAgreementDataWithECC @s 1 100 " + id + " @x",
            "GenerateAgreementDataWithECC @s 1 128 null @x",
            "GenerateAgreementDataWithECC @s 1 128 - @x",
            "GenerateAgreementDataWithECC @s 1 128 " + id + ":4294967295 @x",
            "GenerateAgreementDataWithECC @s 1 128 " + id + " null",
            finish + "null" + keys + " @agreement @x",
            finish + "-" + keys + " @agreement @x",
            finish + id + keys + " @agreement null",
            finish + id + keys + " bogus @x",
            finish + id + keys + " @s @x",
            finish + id + " null " + answered[1] + " @agreement @x",
            finish + id + " " + changed(answered[0], 1) + " " + answered[1] + " @agreement @x",
            finish + id + " " + answered[0] + " " + changed(answered[1], 60) + " @agreement @x",
            respond + "9 128 " + id + " " + id + keys + " @x",
            respond + "1 128 " + id + " " + id + " " + changed(answered[0], 50) + " null @x",
            respond
                + "1 128 "
                + String.join(" ", id, id, changed(answered[0], 50), answered[1])
                + " @x",
            "Encrypt @s @agreement " + SM4_ECB + " null " + hex(16)));
    berth.result(finish + id + keys + " @agreement @ours");
    String block = hex(16);
    assertEquals(
        card.result("Encrypt @s @theirs " + SM4_ECB + " null " + block),
        berth.result("Encrypt @s @ours " + SM4_ECB + " null " + block));
    card.result(begin);
    berth.result(begin);
    good("DestroyKey @s @agreement");
    bad(List.of("DestroyKey @s @agreement", finish + id + keys + " @agreement @x"));
  }

  @Test
  void a_key_that_only_the_worker_held_is_said_to_be_lost_with_it() throws Exception {
    open();
    String recipient = told("ExportEncPublicKey_ECC @s 2");
    String make = "GenerateKeyWithEPK_ECC @s 128 " + SM2_ENCRYPT + " " + recipient + " @made";
    String begin = "GenerateAgreementDataWithECC @s 1 128 " + hex(16) + " @agreement";
    List<Disturbance> disturbances = List.of(this::killWorker, this::killWorker);
    for (Disturbance disturbance : disturbances) {
      berth.result(make);
      String[] begun = words(berth.result(begin));
      berth.result("EncryptInit @s @made 0x402 " + hex(16));
      berth.result("EncryptUpdate @s " + hex(16));
      String use = "Encrypt @s @made " + SM4_ECB + " null " + hex(16);
      disturbance.happen();
      assertEquals(KEY_LOST, berth.call(use));
      assertEquals(KEY_LOST, berth.call("EncryptUpdate @s " + hex(16)));
      assertEquals(
          KEY_LOST,
          berth.call(
              "GenerateKeyWithECC @s "
                  + String.join(" ", hex(16), begun[0], begun[1])
                  + " @agreement @x"));
      assertEquals(KEY_LOST, berth.call(use));
      berth.result("DestroyKey @s @made");
      berth.result("DestroyKey @s @agreement");
      assertEquals("0x01000008", berth.call(use));
    }
  }

  @Test
  void a_key_that_the_worker_holds_is_the_same_one_with_another_broker_or_lost() throws Exception {
    open();
    String recipient = told("ExportEncPublicKey_ECC @s 2");
    berth.result("GenerateKeyWithEPK_ECC @s 128 " + SM2_ENCRYPT + " " + recipient + " @made");
    String use = "Encrypt @s @made " + SM4_ECB + " null " + hex(16);
    String before = berth.call(use);
    for (Disturbance disturbance : List.<Disturbance>of(this::reload, this::restart)) {
      disturbance.happen();
      String after = berth.call(use);
      assertTrue(after.equals(before) || after.equals(KEY_LOST), after);
    }
  }

  @Test
  void sealed_messages_are_those_of_the_card_and_forgeries_are_told() {
    open();
    String wrapped = card.result("GenerateKeyWithKEK @s 128 " + SM4_ECB + " 1 @made");
    good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + wrapped + " @key");
    for (int bytes : new int[] {0, 1, 16, 100, 2048, 2049, 20_000}) {
      for (String mode : List.of(GCM, CCM)) {
        for (int aadBytes : new int[] {0, 13, 1500}) {
          String iv = hex(12);
          String aad = aadBytes == 0 ? "-" : hex(aadBytes);
          String data = bytes == 0 ? "-" : hex(bytes);
          String head = "@s @key " + String.join(" ", mode, iv, aad);
          String[] sealed = words(same("AuthEnc " + head + " " + data + " 16"));
          assertEquals(SdfProgram.OK, sealed[0]);
          assertEquals(
              SdfProgram.OK + " " + data,
              same("AuthDec " + head + " " + sealed[2] + " " + sealed[1]));
          assertEquals(
              "0x01000019",
              same("AuthDec " + head + " " + changed(sealed[2], 3) + " " + sealed[1]));
          inParts(head, data, sealed);
        }
      }
    }
  }

  @Test
  void additional_data_is_as_long_as_the_card_takes() {
    open();
    String wrapped = card.result("GenerateKeyWithKEK @s 128 " + SM4_ECB + " 1 @made");
    good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + wrapped + " @key");
    for (int bytes : new int[] {0, 33, 20_000}) {
      for (String mode : List.of(GCM, CCM)) {
        for (int aadBytes : new int[] {3072, 3073, 60_000}) {
          String data = bytes == 0 ? "-" : hex(bytes);
          String head = "@s @key " + String.join(" ", mode, hex(12), hex(aadBytes));
          String[] sealed = words(same("AuthEnc " + head + " " + data + " 16"));
          assertEquals(SdfProgram.OK, sealed[0]);
          assertEquals(
              SdfProgram.OK + " " + data,
              same("AuthDec " + head + " " + sealed[2] + " " + sealed[1]));
          inParts(head, data, sealed);
        }
      }
    }
    bad(
        List.of(
            "AuthEnc @s @key " + GCM + " " + hex(12) + " " + hex(65_537) + " " + hex(5) + " 16"));
  }

  /** The same message in parts of uneven lengths, there and back. */
  private void inParts(String head, String data, String[] sealed) {
    int bytes = data.equals("-") ? 0 : data.length() / 2;
    good("AuthEncInit " + head + " " + bytes);
    assertEquals(bytes == 0 ? "" : sealed[1], parts("AuthEncUpdate", data, bytes));
    assertEquals(SdfProgram.OK + " - " + sealed[2], same("AuthEncFinal @s"));
    good("AuthDecInit " + head + " " + sealed[2] + " " + bytes);
    assertEquals(bytes == 0 ? "" : data, parts("AuthDecUpdate", sealed[1], bytes));
    good("AuthDecFinal @s");
    good("AuthDecInit " + head + " " + changed(sealed[2], 0) + " " + bytes);
    parts("AuthDecUpdate", sealed[1], bytes);
    assertEquals("0x01000019", same("AuthDecFinal @s"));
  }

  private String parts(String update, String data, int bytes) {
    StringBuilder made = new StringBuilder();
    int part = 1 + random.nextInt(33);
    for (int at = 0; at < bytes; at += part, part = 3 * part + 1) {
      int end = Math.min(bytes, at + part);
      made.append(told(update + " @s " + data.substring(2 * at, 2 * end)));
    }
    return made.toString();
  }

  @Test
  void messages_that_cannot_be_sealed_get_the_code_of_the_card() {
    open();
    String wrapped = card.result("GenerateKeyWithKEK @s 128 " + SM4_ECB + " 1 @made");
    good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + wrapped + " @key");
    String iv = hex(12);
    String data = hex(20);
    String seal = "AuthEnc @s @key " + GCM + " ";
    String tag = hex(16);
    bad(
        List.of(
            "AuthEnc @s bogus " + GCM + " " + iv + " - " + data + " 16",
            "AuthEnc @s @key 0x402 " + iv + " - " + data + " 16",
            "AuthEnc @s @key 0x102 " + iv + " - " + data + " 16",
            "AuthEnc bogus @key " + GCM + " " + iv + " - " + data + " 16",
            seal + "null - " + data + " 16",
            seal + "- - " + data + " 16",
            seal + iv + " null:5 " + data + " 16",
            seal + iv + " - null:5 16",
            seal + iv + " - " + data + ":4294967295 16",
            seal + iv + " - " + data + " 11",
            "AuthEnc @s @key " + CCM + " " + hex(6) + " - " + data + " 16",
            "AuthEnc @s @key " + CCM + " " + hex(14) + " - " + data + " 16",
            "AuthEnc @s @key " + CCM + " " + iv + " - " + data + " 5",
            "AuthDec @s @key " + GCM + " " + iv + " - " + tag + ":17 " + data,
            "AuthDec @s @key " + GCM + " " + iv + " - null " + data,
            "AuthDec @s @key " + GCM + " " + iv + " - " + tag + " " + data,
            "AuthEncUpdate @s " + data,
            "AuthEncFinal @s",
            "AuthDecUpdate @s " + data,
            "AuthDecFinal @s",
            "AuthEncInit @s @key 0x402 " + iv + " - 5",
            "AuthEncInit @s @key " + GCM + " null - 5",
            "AuthDecInit @s @key " + GCM + " " + iv + " - " + tag + ":3 5"));
    good("AuthEncInit @s @key " + GCM + " " + iv + " - 30");
    bad(List.of("EncryptUpdate @s " + data, "AuthDecUpdate @s " + data));
    good("AuthEncUpdate @s " + data);
    bad(List.of("AuthEncUpdate @s " + data, "AuthEncFinal @s", "AuthEncFinal @s"));
  }

  @Test
  void a_sealed_message_in_parts_goes_on_through_lost_workers_and_brokers() throws Exception {
    open();
    String wrapped = card.result("GenerateKeyWithKEK @s 128 " + SM4_ECB + " 1 @made");
    good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + wrapped + " @key");
    for (String mode : List.of(GCM, CCM)) {
      good("AuthEncInit @s @key " + mode + " " + hex(12) + " " + hex(7) + " 90");
      good("AuthEncUpdate @s " + hex(30));
      killWorker();
      good("AuthEncUpdate @s " + hex(30));
      restart();
      good("AuthEncUpdate @s " + hex(30));
      killWorker();
      good("AuthEncFinal @s");
    }
  }

  @Test
  void hashes_that_go_with_rsa_are_those_of_the_card_and_of_java() throws Exception {
    open();
    for (String[] hash : new String[][] {{"2", "SHA-1"}, {"4", "SHA-256"}}) {
      for (int bytes : new int[] {0, 3, 3000, 30_000}) {
        String data = hex(bytes);
        good("HashInit @s " + hash[0] + " null null");
        if (bytes != 0) {
          good("HashUpdate @s " + data);
        }
        byte[] expected = MessageDigest.getInstance(hash[1]).digest(HexFormat.of().parseHex(data));
        assertEquals(HexFormat.of().formatHex(expected), told("HashFinal @s"));
      }
    }
    String key = told("ExportSignPublicKey_ECC @s 1");
    String id = HexFormat.of().formatHex("an id".getBytes(StandardCharsets.US_ASCII));
    bad(List.of("HashInit @s 4 " + key + " " + id, "HashInit @s 6 null null", "HashFinal @s"));
  }

  @Test
  void keys_in_the_clear_work_as_on_the_card_where_the_policy_grants_call() {
    open();
    for (SdfProgram maker : List.of(card, berth)) {
      String[] pair = words(maker.result("GenerateKeyPair_ECC @s 0x20200 256"));
      String e = hex(32);
      for (SdfProgram signer : List.of(card, berth)) {
        String signature = signer.result("ExternalSign_ECC @s 0x20200 " + pair[1] + " " + e);
        good("ExternalVerify_ECC @s 0x20200 " + pair[0] + " " + e + " " + signature);
      }
      String plain = hex(50);
      String cipher =
          maker.result("ExternalEncrypt_ECC @s " + SM2_ENCRYPT + " " + pair[0] + " " + plain);
      String decrypt = "ExternalDecrypt_ECC @s " + SM2_ENCRYPT + " " + pair[1] + " ";
      assertEquals(plain, told(decrypt + cipher));
      bad(
          List.of(
              decrypt + changed(cipher, 170),
              "ExternalSign_ECC @s 0x20200 " + changed(pair[1], 1) + " " + e,
              "ExternalSign_ECC @s 0x20800 " + pair[1] + " " + e,
              "ExternalSign_ECC @s 0x20200 " + pair[1] + " " + e + ":31"));
      String[] rsa = words(maker.result("GenerateKeyPair_RSA @s 1024"));
      String number = "00" + hex(127);
      String raised = told("ExternalPrivateKeyOperation_RSA @s " + rsa[1] + " " + number);
      assertEquals(number, told("ExternalPublicKeyOperation_RSA @s " + rsa[0] + " " + raised));
      bad(
          List.of(
              "ExternalPrivateKeyOperation_RSA @s " + rsa[1] + " " + number + ":127",
              "ExternalPrivateKeyOperation_RSA @s " + rsa[1] + " " + "ff".repeat(128),
              "ExternalPrivateKeyOperation_RSA @s " + changed(rsa[1], 0) + " " + number));
    }
    String key = hex(16);
    for (String mode : List.of("0x401", "0x402", "0x404", "0x408", "0x420")) {
      String iv = mode.equals("0x401") ? "null" : hex(16);
      String data = hex(5008);
      String made = told("ExternalKeyEncrypt @s " + String.join(" ", mode, key, iv, data));
      assertEquals(data, told("ExternalKeyDecrypt @s " + String.join(" ", mode, key, iv, made)));
      good("ExternalKeyEncryptInit @s " + String.join(" ", mode, key, iv));
      assertEquals(made.substring(0, 6400), told("EncryptUpdate @s " + data.substring(0, 6400)));
      assertEquals(made.substring(6400), told("EncryptUpdate @s " + data.substring(6400)));
      good("EncryptFinal @s");
    }
    String block = hex(16);
    bad(
        List.of(
            "GenerateKeyPair_ECC @s 0x10000 256",
            "GenerateKeyPair_ECC @s 0x20200 255",
            "GenerateKeyPair_RSA @s 0",
            "GenerateKeyPair_RSA @s 1000",
            "GenerateKeyPair_RSA @s 4294967295",
            "ExternalKeyEncrypt @s 0x402 " + key + ":15 " + block + " " + block,
            "ExternalKeyEncrypt @s 0x402 " + key + " " + block + ":15 " + block,
            "ExternalKeyEncrypt @s 0x402 " + key + " " + block + " " + block + ":15",
            "ExternalKeyEncrypt @s 0x480 " + key + " " + block + " " + block,
            "ExternalKeyDecryptInit @s 0x402 null " + block,
            "ExternalKeyDecryptInit @s 0x402 " + key + ":17 " + block));
  }

  /** What raises numbers to the private power decrypts whatever else it is asked for. */
  @Test
  void rsa_on_numbers_is_denied_where_the_policy_does_not_grant_raw() throws Exception {
    for (String granted : List.of("sign, decrypt, export", "raw, export")) {
      BrokerSetup setup = BrokerSetup.make();
      SoftwareCard card = setup.provision("card");
      card.addRsaKey(1, 2048);
      setup.ungrantedCard("card", card, List.of("rsa-1: {index: 1, kind: rsa}"));
      setup.exactGrant(
          "{principal: {user: "
              + BrokerSetup.uid()
              + "}, resources: [\"hsm:card\", \"hsm:card/*\"], permissions: ["
              + granted
              + "]}");
      RunningBroker strict = brokers.start(setup).awaitServing("hsm:card");
      try (SdfProgram program = SdfProgram.throughBroker(strict)) {
        program.result("OpenDevice @device");
        program.result("OpenSession @device @s");
        String number = "00" + hex(RSA_BYTES - 1);
        String raise = "InternalPrivateKeyOperation_RSA @s 1 " + number;
        if (granted.startsWith("raw")) {
          assertEquals(2 * RSA_BYTES, program.result(raise).length());
        } else {
          assertEquals("0x01000007", program.call(raise));
        }
      }
    }
  }

  @Test
  void keys_in_the_clear_are_denied_where_the_policy_does_not_grant_call() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.ungrantedCard("card", setup.provision("card"));
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:card\", \"hsm:card/*\"], permissions: [sign, encrypt, random]}");
    RunningBroker strict = brokers.start(setup).awaitServing("hsm:card");
    try (SdfProgram program = SdfProgram.throughBroker(strict)) {
      program.result("OpenDevice @device");
      program.result("OpenSession @device @s");
      assertEquals(32, program.result("GenerateRandom @s 16").length());
      for (String command :
          List.of(
              "GenerateKeyPair_ECC @s 0x20200 256",
              "GenerateKeyPair_RSA @s 1024",
              "ExternalKeyEncrypt @s 0x401 " + hex(16) + " null " + hex(16),
              "ImportKey @s " + hex(16) + " @x")) {
        assertEquals("0x01000007", program.call(command), command);
      }
      program.result("ExternalKeyHMACInit @s 1 " + hex(16));
      program.result("HMACUpdate @s " + hex(16));
      assertEquals("0x01000007", program.call("HMACFinal @s"));
    }
  }
}
