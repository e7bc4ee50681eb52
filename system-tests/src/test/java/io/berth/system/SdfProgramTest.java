// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.SdfProgram;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One program makes the same calls on a card's own library and, with a copy of that card behind a
 * broker, on Berth's library in its place: what the one says the other must say.
 */
final class SdfProgramTest extends SdfSideBySide {
  private static final String SM2_SIGN = "0x20200";
  private static final String SM2_ENCRYPT = "0x20800";
  private static final String SM3 = "1";
  private static final String SM4_ECB = "0x401";
  private static final String SM4_CBC = "0x402";
  private static final String SM4_MAC = "0x410";
  private static final List<String> SM4_STREAMS = List.of("0x404", "0x408", "0x420");
  private static final String NO_IV = "null";

  @Test
  void every_bad_call_gets_the_code_that_it_gets_on_the_card() {
    for (String command :
        List.of(
            "OpenDevice null",
            "OpenSession null @x",
            "OpenSession bogus @x",
            "CloseDevice null",
            "CloseSession bogus",
            "CloseSession null",
            "GenerateRandom null 16")) {
      assertNotEquals(SdfProgram.OK, same(command), command);
    }
    open();
    good("OpenSession @device @other");
    String wrapped = berth.result("GenerateKeyWithKEK @s 128 0x401 1 @unused");
    good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + wrapped + " @key");
    String key = same("ExportSignPublicKey_ECC @s 1").split(" ", -1)[1];
    String e = hex(32);
    String signature = card.result("InternalSign_ECC @s 1 " + e);
    String cipher = card.result("InternalEncrypt_ECC @s 1 " + SM2_ENCRYPT + " " + hex(40));
    String block = hex(16);
    for (String command :
        List.of(
            "OpenSession @device null",
            "OpenSession @s @x",
            "CloseSession @device",
            "GenerateRandom @s 0",
            "GenerateRandom @s 4294967295",
            "GetPrivateKeyAccessRight @s 1 null:8",
            "GetPrivateKeyAccessRight @s 1 -",
            "GetPrivateKeyAccessRight @s 9 " + block,
            "ReleasePrivateKeyAccessRight @s 9",
            "ExportSignPublicKey_ECC @s 9",
            "ExportEncPublicKey_ECC @s 4294967295",
            "ExportEncPublicKey_ECC bogus 1",
            "InternalSign_ECC @s 1 null:32",
            "InternalSign_ECC @s 1 " + e + ":31",
            "InternalSign_ECC @s 1 " + e + ":4294967295",
            "InternalSign_ECC @s 9 " + e,
            "InternalSign_ECC @device 1 " + e,
            "InternalVerify_ECC @s 9 " + e + " " + signature,
            "InternalVerify_ECC @s 1 " + e + " null",
            "InternalVerify_ECC @s 1 " + changed(e, 5) + " " + signature,
            "InternalVerify_ECC @s 1 " + e + " " + changed(signature, 0),
            "InternalVerify_ECC @s 2 " + e + " " + signature,
            "ExternalVerify_ECC @s 0x20800 " + key + " " + e + " " + signature,
            "ExternalVerify_ECC @s 0x20200 " + changed(key, 0) + " " + e + " " + signature,
            "ExternalVerify_ECC @s 0x20200 " + changed(key, 4) + " " + e + " " + signature,
            "ExternalVerify_ECC @s 0x20200 null " + e + " " + signature,
            "ExternalVerify_ECC @s 0x20200 " + key + " " + e + ":5 " + signature,
            "ExternalEncrypt_ECC @s 0x20200 " + key + " " + e,
            "ExternalEncrypt_ECC @s 0x20800 " + changed(key, 1) + " " + e,
            "ExternalEncrypt_ECC @s 0x20800 " + key + " " + e + ":0",
            "ExternalEncrypt_ECC @s 0x20800 " + key + " " + e + ":4294967295",
            "InternalEncrypt_ECC @s 9 0x20800 " + e,
            "InternalEncrypt_ECC @s 1 0x20200 " + e,
            "InternalDecrypt_ECC @s 9 0x20800 " + cipher,
            "InternalDecrypt_ECC @s 2 0x20800 " + cipher,
            "InternalDecrypt_ECC @s 1 0x20200 " + cipher,
            "InternalDecrypt_ECC @s 1 0x20800 null",
            "InternalDecrypt_ECC @s 1 0x20800 " + changed(cipher, 0),
            "InternalDecrypt_ECC @s 1 0x20800 " + changed(cipher, 130),
            "InternalDecrypt_ECC @s 1 0x20800 " + changed(cipher, 163),
            "GenerateKeyWithKEK @s 127 0x401 1 @x",
            "GenerateKeyWithKEK @s 0 0x401 1 @x",
            "GenerateKeyWithKEK @s 128 0x404 1 @x",
            "GenerateKeyWithKEK @s 128 0x401 9 @x",
            "GenerateKeyWithKEK @s 128 0x401 1 null",
            "ImportKeyWithKEK @s 0x401 1 " + block + ":15 @x",
            "ImportKeyWithKEK @s 0x401 1 " + block + ":4294967295 @x",
            "ImportKeyWithKEK @s 0x408 1 " + block + " @x",
            "ImportKeyWithKEK @s 0x401 9 " + block + " @x",
            "ImportKeyWithKEK @s 0x401 1 null:16 @x",
            "GenerateKeyWithIPK_ECC @s 9 128 @x",
            "GenerateKeyWithIPK_ECC @s 1 100 @x",
            "ImportKeyWithISK_ECC @s 1 " + cipher + " @x",
            "ImportKeyWithISK_ECC @s 9 " + cipher + " @x",
            "ImportKeyWithISK_ECC @s 1 null @x",
            "Encrypt @other @key 0x401 null " + block,
            "DestroyKey @other @key",
            "DestroyKey @s bogus",
            "DestroyKey @s null",
            "Encrypt @s bogus 0x401 null " + block,
            "Encrypt @s @s 0x401 null " + block,
            "Encrypt @s @key 0x401 null " + block + ":15",
            "Encrypt @s @key 0x401 null " + block + ":0",
            "Encrypt @s @key 0x401 null null:16",
            "Encrypt @s @key 0x401 null " + block + ":4294967280",
            "Encrypt @s @key 0x402 null " + block,
            "Encrypt @s @key 0x480 null " + block,
            "Encrypt @s @key 0x102 " + block + " " + block,
            "Decrypt @s @key 0x404 null " + block,
            "CalculateMAC @s @key 0x410 " + block + " " + block + ":17",
            "CalculateMAC @s @key 0x410 null " + block,
            "CalculateMAC @s @key 0x402 " + block + " " + block,
            "CalculateMAC @s @key 0x410 " + block + " null:16",
            "CalculateMAC @s bogus 1 null " + block,
            "HashUpdate @s " + block,
            "HashFinal @s",
            "HashInit @s 0x77 null null",
            "HashInit @s 1 " + key + " null",
            "HashInit @s 1 " + key + " -",
            "HashInit @s 1 " + changed(key, 0) + " " + block,
            "HashInit bogus 1 null null",
            "HashFinal @s")) {
      assertNotEquals(SdfProgram.OK, same(command), command);
    }
    good("DestroyKey @s @key");
    assertNotEquals(SdfProgram.OK, same("Encrypt @s @key 0x401 null " + block));
    assertNotEquals(SdfProgram.OK, same("DestroyKey @s @key"));
    good("CloseDevice @device");
    for (String command : List.of("CloseDevice @device", "CloseSession @s", "HashFinal @other")) {
      assertNotEquals(SdfProgram.OK, same(command), command);
    }
    good("OpenDevice @device");
  }

  @Test
  void signatures_and_ciphertexts_of_the_one_are_good_to_the_other() {
    open();
    same("GetPrivateKeyAccessRight @s 1 " + hex(8));
    String key = same("ExportSignPublicKey_ECC @s 1").split(" ", -1)[1];
    String encryptionKey = same("ExportEncPublicKey_ECC @s 1").split(" ", -1)[1];
    assertNotEquals(key, encryptionKey);
    String e = hex(32);
    for (SdfProgram signer : List.of(card, berth)) {
      String signature = signer.result("InternalSign_ECC @s 1 " + e);
      good("InternalVerify_ECC @s 1 " + e + " " + signature);
      good("ExternalVerify_ECC @s " + SM2_SIGN + " " + key + " " + e + " " + signature);
      same("InternalVerify_ECC @s 2 " + e + " " + signature);
      for (int bytes : new int[] {1, 31, 32, 136, 1000}) {
        String plain = hex(bytes);
        String inner = signer.result("InternalEncrypt_ECC @s 1 " + SM2_ENCRYPT + " " + plain);
        String outer =
            signer.result(
                "ExternalEncrypt_ECC @s " + SM2_ENCRYPT + " " + encryptionKey + " " + plain);
        String decrypt = "InternalDecrypt_ECC @s 1 " + SM2_ENCRYPT + " ";
        assertEquals(SdfProgram.OK + " " + plain, same(decrypt + inner));
        assertEquals(SdfProgram.OK + " " + plain, same(decrypt + outer));
      }
    }
    same("ReleasePrivateKeyAccessRight @s 1");
    String first = berth.result("GenerateRandom @s 64");
    assertEquals(128, first.length());
    assertNotEquals(first, berth.result("GenerateRandom @s 64"));
  }

  @Test
  void a_session_key_of_the_one_is_the_same_key_to_the_other_in_every_mode() {
    open();
    for (SdfProgram maker : List.of(card, berth)) {
      String wrapped = maker.result("GenerateKeyWithKEK @s 128 " + SM4_ECB + " 1 @made");
      good("ImportKeyWithKEK @s " + SM4_CBC + " 1 " + wrapped + " @key");
      encryptInEveryMode(maker);
      String envelope = maker.result("GenerateKeyWithIPK_ECC @s 1 128 @made");
      good("ImportKeyWithISK_ECC @s 1 " + envelope + " @key");
      encryptInEveryMode(maker);
    }
  }

  private void encryptInEveryMode(SdfProgram maker) {
    String block = hex(16);
    assertEquals(
        maker.result("Encrypt @s @made " + SM4_ECB + " " + NO_IV + " " + block),
        same("Encrypt @s @key " + SM4_ECB + " " + NO_IV + " " + block).split(" ", -1)[1]);
    for (int bytes : new int[] {16, 32, 1008, 4096}) {
      crypt(SM4_ECB, NO_IV, hex(bytes));
      crypt(SM4_CBC, hex(16), hex(bytes));
      SM4_STREAMS.forEach(mode -> crypt(mode, hex(16), hex(bytes)));
      String data = hex(bytes);
      good("CalculateMAC @s @key " + SM4_MAC + " " + hex(16) + " " + data);
      good("CalculateMAC @s @key " + SM3 + " " + NO_IV + " " + data);
    }
  }

  /** There and back; the result and the IV as it is left. */
  private void crypt(String mode, String iv, String data) {
    String[] there = same("Encrypt @s @key " + mode + " " + iv + " " + data).split(" ", -1);
    assertEquals(SdfProgram.OK, there[0]);
    String[] back = same("Decrypt @s @key " + mode + " " + iv + " " + there[1]).split(" ", -1);
    assertEquals(data, back[1]);
  }

  @Test
  void digests_are_those_of_the_card_plain_and_with_a_signer() {
    open();
    String key = same("ExportSignPublicKey_ECC @s 1").split(" ", -1)[1];
    for (int bytes : new int[] {0, 3, 64, 3000, 30_000}) {
      for (String start : List.of("null null", key + " " + hex(16), key + " 00" + hex(40))) {
        good("HashInit @s " + SM3 + " " + start);
        String data = hex(bytes);
        if (bytes != 0) {
          good("HashUpdate @s " + data);
          good("HashUpdate @s " + data);
        }
        good("HashFinal @s");
      }
    }
  }

  @Test
  void what_a_program_has_begun_goes_on_through_lost_workers_and_reloaded_brokers()
      throws Exception {
    open();
    String wrapped = card.result("GenerateKeyWithKEK @s 128 " + SM4_ECB + " 1 @made");
    good("ImportKeyWithKEK @s " + SM4_ECB + " 1 " + wrapped + " @key");
    good("HashInit @s " + SM3 + " null null");
    String iv = hex(16);
    berth.result("EncryptInit @s @key " + SM4_CBC + " " + iv);
    StringBuilder parts = new StringBuilder();
    StringBuilder whole = new StringBuilder();
    List<Disturbance> disturbances =
        List.of(this::killWorker, this::reload, this::killWorker, this::restart, this::reload);
    for (Disturbance disturbance : disturbances) {
      String data = hex(160);
      whole.append(data);
      good("HashUpdate @s " + data);
      parts.append(berth.result("EncryptUpdate @s " + data));
      disturbance.happen();
      crypt(SM4_CBC, iv, data);
      String e = hex(32);
      good("InternalVerify_ECC @s 1 " + e + " " + berth.result("InternalSign_ECC @s 1 " + e));
    }
    good("HashFinal @s");
    berth.result("EncryptFinal @s");
    String expected = card.result("Encrypt @s @key " + SM4_CBC + " " + iv + " " + whole);
    assertEquals(expected.split(" ", -1)[0], parts.toString());
  }

  @Test
  void a_key_that_the_policy_does_not_grant_is_not_there_and_a_granted_use_is_all_there_is()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.ungrantedCard("card", setup.provision("card"));
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:card/sign-1\"], permissions: [verify, export]}");
    RunningBroker strict = brokers.start(setup).awaitServing("hsm:card");
    String e = hex(32);
    String right = "GetPrivateKeyAccessRight @s 1 3132333435363738";
    try (SdfProgram program = SdfProgram.throughBroker(strict)) {
      program.result("OpenDevice @device");
      program.result("OpenSession @device @s");
      assertTrue(program.result("ExportSignPublicKey_ECC @s 1").length() > 64);
      assertEquals("0x01000007", program.call(right));
      assertEquals("0x01000007", program.call("InternalSign_ECC @s 1 " + e));
      assertEquals("0x01000007", program.call("GenerateRandom @s 16"));
      assertEquals("0x01000008", program.call("InternalSign_ECC @s 2 " + e));
      assertEquals("0x01000008", program.call("GetPrivateKeyAccessRight @s 2 3132333435363738"));
      assertEquals("0x01000008", program.call("GenerateKeyWithKEK @s 128 0x401 1 @key"));
    }
  }
}
