// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.client.BerthClient;
import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.HsmKek;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.Sm4AuthMode;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.KnownKeysToken;
import io.berth.system.broker.RunningBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What is longer than a worker's memory holds several of: it waits for its turn there, and never
 * costs everybody the worker.
 */
final class LongInputsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int LONGEST = 64 << 20;
  private static final int CLIENTS = 3;
  private static final byte[] IV = HexFormat.of().parseHex("000102030405060708090a0b");
  private static final byte[] NO_AAD = {};
  private static final int TAG_BYTES = 16;

  @RegisterExtension final Brokers brokers = new Brokers();

  private static byte[] counting(int bytes) {
    byte[] counted = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      counted[i] = (byte) (i ^ (i >> 8));
    }
    return counted;
  }

  private static void together(Callable<Void> work) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        all.add(clients.submit(work));
      }
      for (Future<Void> each : all) {
        each.get();
      }
    } finally {
      clients.shutdown();
    }
  }

  @Test
  void a_token_encrypts_long_messages_and_its_worker_lives() throws Exception {
    byte[] key = Arrays.copyOfRange(counting(64), 48, 64);
    BrokerSetup setup = BrokerSetup.make();
    KnownKeysToken token = setup.token("token");
    token.importAes("aes", key);
    setup.device("token", "hsm", "hsm/pkcs11", token.deviceLines("aes"));
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:token");
    long worker = broker.worker("token").pid();
    byte[] plain = counting(15 << 20);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(key, "AES"),
        new GCMParameterSpec(8 * TAG_BYTES, IV));
    byte[] expected = cipher.doFinal(plain);
    Mechanism gcm = Mechanism.of(Ckm.AES_GCM).withAead(IV, NO_AAD, 8 * TAG_BYTES);
    try (BerthClient client = broker.client("user");
        MechanismKey aes = MechanismKey.open(client, "hsm:token/aes").withTimeout(PATIENCE)) {
      together(
          () -> {
            assertArrayEquals(expected, aes.encrypt(KeyFamily.AES, gcm, plain).data());
            return null;
          });
      byte[] longest = counting(LONGEST - TAG_BYTES);
      byte[] sealed = aes.encrypt(KeyFamily.AES, gcm, longest).data();
      assertArrayEquals(longest, aes.decrypt(KeyFamily.AES, gcm, sealed).data());
    }
    assertEquals(worker, broker.worker("token").pid(), "the worker was replaced");
  }

  @Test
  void a_card_seals_long_messages_and_its_worker_lives() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    long worker = broker.worker("card").pid();
    try (BerthClient client = broker.client("user");
        HsmKek kek = HsmKek.open(client, "hsm:card/kek-1").withTimeout(PATIENCE)) {
      Sm4 sm4 = kek.sm4(kek.generateKey());
      byte[] plain = counting(20 << 20);
      together(
          () -> {
            Sm4.Sealed sealed = sm4.seal(Sm4AuthMode.GCM, IV, NO_AAD, plain, TAG_BYTES);
            assertEquals(plain.length, sealed.data().length);
            return null;
          });
      byte[] shorter = counting(5 << 20);
      Sm4.Sealed sealed = sm4.seal(Sm4AuthMode.GCM, IV, NO_AAD, shorter, TAG_BYTES);
      assertArrayEquals(
          shorter, sm4.open(Sm4AuthMode.GCM, IV, NO_AAD, sealed.data(), sealed.tag()));
    }
    assertEquals(worker, broker.worker("card").pid(), "the worker was replaced");
  }
}
