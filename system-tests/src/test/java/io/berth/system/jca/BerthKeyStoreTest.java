// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jca.BerthLoadParameter;
import io.berth.jca.BerthPrivateKey;
import io.berth.jca.BerthProvider;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The catalogue as a key store, and what the policy does not grant. */
final class BerthKeyStoreTest {
  @RegisterExtension final Brokers brokers = new Brokers();

  @Test
  void names_of_pairs_are_aliases_and_nothing_can_be_changed() throws Exception {
    CardAndProviders card = CardAndProviders.start(brokers);
    assertEquals(
        List.of("sign-1", "sign-2"),
        List.copyOf(new TreeSet<>(Collections.list(card.keys.aliases()))));
    assertEquals(2, card.keys.size());
    assertTrue(card.keys.isKeyEntry("sign-1"));
    assertFalse(card.keys.isCertificateEntry("sign-1"));
    assertFalse(card.keys.containsAlias("kek-1"));
    assertNull(card.keys.getKey("sign-3", null));
    assertNull(card.keys.getCertificate("sign-1"));
    assertEquals(card.keys.getKey("sign-1", null), card.keys.getKey("hsm:card/sign-1", null));
    BerthPrivateKey key = (BerthPrivateKey) card.keys.getKey("sign-1", new char[] {'x'});
    assertEquals("hsm:card/sign-1", key.resource());
    assertThrows(KeyStoreException.class, () -> card.keys.deleteEntry("sign-1"));
    assertThrows(KeyStoreException.class, () -> card.keys.setCertificateEntry("new", null));
    assertThrows(
        UnsupportedOperationException.class,
        () -> card.keys.store(new ByteArrayOutputStream(), new char[0]));
  }

  @Test
  void a_key_store_may_have_settings_of_its_own() throws Exception {
    CardAndProviders card = CardAndProviders.start(brokers);
    BerthProvider unconfigured = new BerthProvider("socket=/nowhere/broker.sock");
    KeyStore keys = KeyStore.getInstance("Berth", unconfigured);
    String file =
        CardAndProviders.settings(card.broker).replace(',', '\n') + "\nkeys=hsm:card/sign-2\n";
    keys.load(new ByteArrayInputStream(file.getBytes(UTF_8)), null);
    assertEquals(List.of("sign-2"), Collections.list(keys.aliases()));
    keys.load(new BerthLoadParameter(CardAndProviders.settings(card.broker)));
    assertEquals(2, keys.size());
    Signature signature = Signature.getInstance("SM3withSM2", unconfigured);
    signature.initSign((PrivateKey) keys.getKey("sign-1", null));
    assertTrue(signature.sign().length > 64, "a key knows the way to its broker");
    IOException refused = assertThrows(IOException.class, () -> keys.load(null, null));
    assertTrue(refused.getMessage().contains("/nowhere/broker.sock"), refused::getMessage);
    ByteArrayInputStream junk = new ByteArrayInputStream("kays=1".getBytes(UTF_8));
    assertThrows(IOException.class, () -> keys.load(junk, null));
  }

  @Test
  void what_the_policy_does_not_grant_is_neither_listed_nor_done() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    io.berth.system.broker.SoftwareCard soft = setup.provision("card");
    setup.ungrantedCard("card", soft);
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:card/sign-1\"], permissions: [export]}");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    BerthProvider berth = new BerthProvider(CardAndProviders.settings(broker));
    KeyStore keys = KeyStore.getInstance("Berth", berth);
    keys.load(null, null);
    assertEquals(List.of("sign-1"), Collections.list(keys.aliases()));
    Signature signature = Signature.getInstance("SM3withSM2", berth);
    signature.initSign((PrivateKey) keys.getKey("sign-1", null));
    SignatureException denied = assertThrows(SignatureException.class, signature::sign);
    assertTrue(denied.getMessage().contains("PERMISSION_DENIED"), denied::getMessage);
    assertTrue(denied.getMessage().contains("hsm:card/sign-1"), denied::getMessage);
  }
}
