// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.dropin.SoftToken;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * RSA without padding decrypts what is encrypted for the pair, even where it is called a signature:
 * who may sign does not get it by any way, on a card and on a token.
 */
final class RawRsaTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int RSA_BYTES = 256;
  private static final Mechanism RAW = Mechanism.of(Ckm.RSA_X_509);

  @RegisterExtension final Brokers brokers = new Brokers();

  private static BrokerSetup card() {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.provision("bank");
    card.addRsaKey(1, 8 * RSA_BYTES);
    return setup.ungrantedCard("bank", card, List.of("rsa-1: {index: 1, kind: rsa}"));
  }

  private static BrokerSetup token() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    return setup.ungranted("bank", "hsm", "hsm/pkcs11", SoftToken.make(setup).device());
  }

  private BerthClient client(BrokerSetup setup, String permissions) throws Exception {
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: ['hsm:bank', 'hsm:bank/**'], permissions: ["
            + permissions
            + "]}");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:bank");
    return broker.client("signs");
  }

  private static byte[] number() {
    byte[] number = new byte[RSA_BYTES];
    for (int i = 1; i < number.length; i++) {
      number[i] = (byte) (31 * i);
    }
    return number;
  }

  private static void refuses(org.junit.jupiter.api.function.Executable call) {
    BerthException refused = assertThrows(BerthException.class, call);
    assertEquals(Reason.NOT_PERMITTED, refused.reason(), refused.text());
  }

  private void who_signs_does_not_get_the_bare_power(BrokerSetup setup) throws Exception {
    try (BerthClient client = client(setup, "'sign:rsa', verify, encrypt, digest, export");
        Resource resource = client.open("hsm:bank/rsa-1")) {
      MechanismKey key = MechanismKey.of(resource).withTimeout(PATIENCE);
      byte[] message = "a message".getBytes(java.nio.charset.StandardCharsets.UTF_8);
      for (Mechanism signing :
          List.of(
              Mechanism.of(Ckm.SHA256_RSA_PKCS),
              Mechanism.of(Ckm.SHA256_RSA_PKCS_PSS).withPss(Ckm.SHA256, Ckm.MGF1_SHA256, 32))) {
        byte[] signature = key.sign(KeyFamily.RSA, signing, message);
        assertTrue(key.verify(KeyFamily.RSA, signing, message, signature));
        signature[7] ^= 1;
        assertFalse(key.verify(KeyFamily.RSA, signing, message, signature));
      }

      byte[] ciphertext = key.encrypt(KeyFamily.RSA, RAW, number()).data();
      refuses(() -> key.sign(KeyFamily.RSA, RAW, ciphertext));
      refuses(() -> key.decrypt(KeyFamily.RSA, RAW, ciphertext));
      // As a client asks it that does not keep to the protocol: sign, 2 is RSA_SIGN.
      BerthException refused =
          assertThrows(
              BerthException.class,
              () ->
                  resource.call(
                      Request.of(1 << 16 | 2).payload(asked(ciphertext)).timeout(PATIENCE)));
      assertTrue(refused.text().contains("RSA_RAW_SIGN"), refused.text());
    }
  }

  /** MechanismRequest with CKM_RSA_X_509: fields 1 (type in its field 1) and 3. */
  private static byte[] asked(byte[] data) {
    byte[] message = new byte[4 + 3 + data.length];
    byte[] head = {
      0x0A, 2, 0x08, 3, 0x1A, (byte) ((data.length & 0x7F) | 0x80), (byte) (data.length >> 7)
    };
    System.arraycopy(head, 0, message, 0, head.length);
    System.arraycopy(data, 0, message, head.length, data.length);
    return message;
  }

  @Test
  void who_signs_on_a_card_does_not_get_the_bare_power() throws Exception {
    who_signs_does_not_get_the_bare_power(card());
  }

  @Test
  void who_signs_on_a_token_does_not_get_the_bare_power() throws Exception {
    who_signs_does_not_get_the_bare_power(token());
  }

  private void who_has_raw_gets_it(BrokerSetup setup) throws Exception {
    try (BerthClient client = client(setup, "raw, encrypt, export");
        Resource resource = client.open("hsm:bank/rsa-1")) {
      MechanismKey key = MechanismKey.of(resource).withTimeout(PATIENCE);
      byte[] ciphertext = key.encrypt(KeyFamily.RSA, RAW, number()).data();
      assertArrayEquals(number(), key.decrypt(KeyFamily.RSA, RAW, ciphertext).data());
      assertEquals(RSA_BYTES, key.sign(KeyFamily.RSA, RAW, number()).length);
      refuses(() -> key.sign(KeyFamily.RSA, Mechanism.of(Ckm.SHA256_RSA_PKCS), new byte[3]));
    }
  }

  @Test
  void who_has_raw_on_a_card_gets_it() throws Exception {
    who_has_raw_gets_it(card());
  }

  @Test
  void who_has_raw_on_a_token_gets_it() throws Exception {
    who_has_raw_gets_it(token());
  }
}
