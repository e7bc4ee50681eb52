// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.hsm.Hsm;
import io.berth.client.hsm.HsmKek;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.client.hsm.Sm2Signature;
import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.Sm4Mode;
import io.berth.client.hsm.WrappedKey;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.NativeHsm;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * All typed HSM calls of the Java client against the software card, each result taken up by the C
 * client and the other way round, so that both mean the same by the same words.
 */
final class HsmCallsTest {
  private static final byte[] NO_IV = {};

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final Brokers brokers = new Brokers();

  private final Random random = new Random(20_241);
  private BerthClient client;
  private NativeHsm inC;

  @BeforeEach
  void start() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    client = broker.client("user");
    inC = new NativeHsm(broker.socket());
  }

  @AfterEach
  void stop() throws Exception {
    inC.close();
    client.close();
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] sm3(byte[] data) {
    SM3Digest sm3 = new SM3Digest();
    sm3.update(data, 0, data.length);
    byte[] digest = new byte[32];
    sm3.doFinal(digest, 0);
    return digest;
  }

  @Test
  void signatures_of_one_client_are_valid_to_the_other_and_to_no_other_digest_or_key() {
    byte[] digest = bytes(32);
    byte[] other = bytes(32);
    inC.result("open", "hsm:card/sign-1");
    try (HsmKey key = HsmKey.open(client, "hsm:card/sign-1").withTimeout(PATIENCE);
        HsmKey otherKey = HsmKey.open(client, "hsm:card/sign-2").withTimeout(PATIENCE)) {
      byte[] fromJava = key.sign(digest).toBytes();
      assertArrayEquals(new byte[] {1}, inC.result("verify", digest, fromJava));
      assertArrayEquals(new byte[] {0}, inC.result("verify", other, fromJava));

      byte[] inHalves = inC.result("sign", digest);
      Sm2Signature fromC =
          new Sm2Signature(
              Arrays.copyOf(inHalves, 32), Arrays.copyOfRange(inHalves, 32, inHalves.length));
      assertTrue(key.verify(digest, fromC));
      assertFalse(key.verify(other, fromC));
      assertFalse(otherKey.verify(digest, fromC));
      assertTrue(otherKey.verify(digest, fromC, key.publicKey(KeyUsage.SIGN)));
    }
  }

  @Test
  void a_signed_message_is_the_signed_digest_of_its_signers_id() {
    byte[] message = bytes(1000);
    byte[] id = "signer".getBytes(StandardCharsets.UTF_8);
    try (Hsm card = Hsm.open(client, "hsm:card").withTimeout(PATIENCE);
        HsmKey key = HsmKey.open(client, "hsm:card/sign-1").withTimeout(PATIENCE)) {
      Sm2Signature signature = key.signMessage(message, id);
      byte[] digest = card.sm3ForSigning(message, id, key.publicKey(KeyUsage.SIGN));
      assertTrue(key.verify(digest, signature));
      assertTrue(key.verifyMessage(message, id, signature));
      assertFalse(key.verifyMessage(message, NO_IV, signature));
      try (HsmKey other = HsmKey.open(client, "hsm:card/sign-2").withTimeout(PATIENCE)) {
        assertFalse(other.verifyMessage(message, id, signature));
        assertTrue(other.verifyMessage(message, id, signature, key.publicKey(KeyUsage.SIGN)));
      }
    }
  }

  @Test
  void what_one_client_encrypts_with_sm2_the_other_decrypts() {
    byte[] plaintext = bytes(100);
    inC.result("open", "hsm:card/sign-1");
    try (HsmKey key = HsmKey.open(client, "hsm:card/sign-1").withTimeout(PATIENCE)) {
      assertArrayEquals(plaintext, inC.result("decrypt", key.encrypt(plaintext)));
      assertArrayEquals(plaintext, key.decrypt(inC.result("encrypt", plaintext)));
      assertArrayEquals(
          inC.result("public-key", 1),
          concat(key.publicKey(KeyUsage.ENCRYPT).x(), key.publicKey(KeyUsage.ENCRYPT).y()));
    }
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  @Test
  void every_mode_of_sm4_gives_both_clients_the_same_ciphertext_and_goes_back() {
    inC.result("open", "hsm:card/kek-1");
    try (HsmKek kek = HsmKek.open(client, "hsm:card/kek-1").withTimeout(PATIENCE)) {
      WrappedKey wrapped = kek.generateKey();
      Sm4 sm4 = kek.sm4(wrapped);
      int number = 1;
      for (Sm4Mode mode : Sm4Mode.values()) {
        byte[] iv = mode == Sm4Mode.ECB ? NO_IV : bytes(16);
        byte[] data = bytes(mode == Sm4Mode.ECB || mode == Sm4Mode.CBC ? 1008 : 1003);
        byte[] ciphertext = sm4.encrypt(mode, iv, data).data();
        assertFalse(Arrays.equals(data, ciphertext), mode.toString());
        assertArrayEquals(
            ciphertext, inC.result("sm4-encrypt", wrapped.blob(), number, iv, data), "" + mode);
        assertArrayEquals(
            data, inC.result("sm4-decrypt", wrapped.blob(), number, iv, ciphertext), "" + mode);
        assertArrayEquals(data, sm4.decrypt(mode, iv, ciphertext).data(), mode.toString());
        number++;
      }
    }
  }

  @Test
  void data_in_two_parts_is_the_data_in_one_when_the_chaining_value_is_handed_on() {
    try (HsmKek kek = HsmKek.open(client, "hsm:card/kek-1").withTimeout(PATIENCE)) {
      Sm4 sm4 = kek.sm4(kek.generateKey());
      byte[] data = bytes(640);
      byte[] iv = bytes(16);
      byte[] whole = sm4.encrypt(Sm4Mode.CBC, iv, data).data();
      Sm4.Result first = sm4.encrypt(Sm4Mode.CBC, iv, Arrays.copyOf(data, 320));
      Sm4.Result second =
          sm4.encrypt(Sm4Mode.CBC, first.nextIv(), Arrays.copyOfRange(data, 320, 640));
      assertArrayEquals(whole, concat(first.data(), second.data()));
    }
  }

  @Test
  void macs_are_the_same_to_both_clients_and_follow_from_the_cipher() {
    inC.result("open", "hsm:card/kek-1");
    try (HsmKek kek = HsmKek.open(client, "hsm:card/kek-1").withTimeout(PATIENCE)) {
      // A key that the C client has made is used by both.
      byte[] blob = inC.result("generate");
      Sm4 sm4 = kek.sm4(new WrappedKey(blob));
      byte[] iv = bytes(16);
      byte[] data = bytes(320);
      byte[] mac = sm4.mac(iv, data);
      assertArrayEquals(mac, inC.result("cbc-mac", blob, iv, data));
      byte[] ciphertext = sm4.encrypt(Sm4Mode.CBC, iv, data).data();
      assertArrayEquals(Arrays.copyOfRange(ciphertext, 304, 320), mac, "CBC's last block");
      byte[] anyLength = bytes(77);
      byte[] hmac = sm4.hmacSm3(anyLength);
      assertEquals(32, hmac.length);
      assertArrayEquals(hmac, inC.result("hmac", blob, anyLength));
      anyLength[0] ^= 1;
      assertFalse(Arrays.equals(hmac, sm4.hmacSm3(anyLength)));
    }
  }

  @Test
  void digests_are_those_of_another_implementation_and_random_bytes_are_not_repeated() {
    inC.result("open", "hsm:card");
    try (Hsm card = Hsm.open(client, "hsm:card").withTimeout(PATIENCE)) {
      byte[] data = bytes(1500);
      assertArrayEquals(sm3(data), card.sm3(data));
      assertArrayEquals(sm3(data), inC.result("sm3", data));
      byte[] first = card.random(64);
      byte[] second = inC.result("random", 64);
      assertEquals(64, first.length);
      assertFalse(
          Arrays.equals(first, second), () -> HexFormat.of().formatHex(first) + " came twice");
    }
  }
}
