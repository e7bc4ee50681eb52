// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which provider the JDK chooses, wherever Berth stands. There is no broker: nothing is signed. */
class ProviderSelectionTest {
  private static final String NOWHERE = "socket=/nowhere/broker.sock,device=hsm:card";

  private final BerthProvider provider = new BerthProvider(NOWHERE);
  private final Access access = new Access(Settings.parse(NOWHERE));
  private KeyPair rsa;
  private KeyPair ec;
  private BerthRsaPrivateKey ownRsa;
  private BerthEcPrivateKey ownEc;

  @BeforeEach
  void makeKeys() throws Exception {
    KeyPairGenerator rsaPairs = KeyPairGenerator.getInstance("RSA");
    rsaPairs.initialize(2048);
    rsa = rsaPairs.generateKeyPair();
    KeyPairGenerator ecPairs = KeyPairGenerator.getInstance("EC");
    ecPairs.initialize(new ECGenParameterSpec("secp256r1"));
    ec = ecPairs.generateKeyPair();
    ownRsa = new BerthRsaPrivateKey(access, "hsm:token/rsa", (RSAPublicKey) rsa.getPublic());
    ownEc = new BerthEcPrivateKey(access, "hsm:token/ec", (ECPublicKey) ec.getPublic());
  }

  @AfterEach
  void remove() {
    Security.removeProvider(BerthProvider.NAME);
    Security.removeProvider("BC");
  }

  private void insert(boolean first) {
    if (first) {
      Security.insertProviderAt(provider, 1);
    } else {
      Security.addProvider(provider);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void keys_of_berth_are_signed_with_by_berth(boolean first) throws Exception {
    insert(first);
    for (String name :
        new String[] {"NONEwithRSA", "SHA1withRSA", "SHA256withRSA", "SHA512withRSA"}) {
      assertEquals("Berth", signer(name, ownRsa), name);
    }
    for (String name :
        new String[] {"NONEwithECDSA", "SHA256withECDSA", "SHA384withECDSAinP1363Format"}) {
      assertEquals("Berth", signer(name, ownEc), name);
    }
    assertEquals("Berth", signer("RSASSA-PSS", ownRsa));
  }

  private static String signer(String name, java.security.PrivateKey key) throws Exception {
    Signature signature = Signature.getInstance(name);
    signature.initSign(key);
    return signature.getProvider().getName();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void keys_of_others_are_left_to_others(boolean first) throws Exception {
    insert(first);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(rsa.getPrivate());
    assertEquals("SunRsaSign", signature.getProvider().getName());
    signature = Signature.getInstance("SHA256withECDSA");
    signature.initVerify(ec.getPublic());
    assertEquals("SunEC", signature.getProvider().getName());
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
    assertEquals("SunJCE", mac.getProvider().getName());
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(new byte[16], "AES"),
        new IvParameterSpec(new byte[16]));
    assertEquals("SunJCE", cipher.getProvider().getName());
    cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding");
    cipher.init(Cipher.ENCRYPT_MODE, rsa.getPublic());
    assertEquals("SunJCE", cipher.getProvider().getName());
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(ec.getPrivate());
    assertEquals("SunEC", agreement.getProvider().getName());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_mac_that_told_its_length_first_still_takes_a_foreign_key(boolean first) throws Exception {
    insert(first);
    SecretKeySpec key = new SecretKeySpec(new byte[48], "HKDF-Salt");
    Mac expected = Mac.getInstance("HmacSHA384", "SunJCE");
    expected.init(key);
    Mac mac = Mac.getInstance("HmacSHA384");
    assertEquals(48, mac.getMacLength());
    mac.init(key);
    for (int round = 0; round < 2; round++) {
      mac.update((byte) 1);
      mac.update(new byte[] {2, 3});
      assertArrayEquals(expected.doFinal(new byte[] {1, 2, 3}), mac.doFinal());
    }
    Mac sm3 = Mac.getInstance("HmacSM3", provider);
    assertThrows(InvalidKeyException.class, () -> sm3.init(key));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void the_public_half_of_a_key_is_an_ordinary_key_to_every_provider(boolean first)
      throws Exception {
    insert(first);
    Security.addProvider(new BouncyCastleProvider());
    byte[] message = {1, 2, 3};
    Signature signer = Signature.getInstance("SHA256withRSA");
    signer.initSign(rsa.getPrivate());
    signer.update(message);
    byte[] signature = signer.sign();
    for (String other : new String[] {"SunRsaSign", "BC"}) {
      Signature verifier = Signature.getInstance("SHA256withRSA", other);
      verifier.initVerify(ownRsa.publicKey());
      verifier.update(message);
      assertTrue(verifier.verify(signature), other);
    }
    signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(ec.getPrivate());
    signer.update(message);
    signature = signer.sign();
    for (String other : new String[] {"SunEC", "BC"}) {
      Signature verifier = Signature.getInstance("SHA256withECDSA", other);
      verifier.initVerify(ownEc.publicKey());
      verifier.update(message);
      assertTrue(verifier.verify(signature), other);
    }
  }

  @Test
  void foreign_keys_are_refused_by_name_of_what_was_expected() throws Exception {
    Signature signature = Signature.getInstance("SHA256withRSA", provider);
    InvalidKeyException refused =
        assertThrows(InvalidKeyException.class, () -> signature.initSign(rsa.getPrivate()));
    assertTrue(
        refused.getMessage().startsWith("expected an RSA private key of Berth"),
        refused::getMessage);
    assertThrows(InvalidKeyException.class, () -> signature.initSign(ownEc));
    assertThrows(InvalidKeyException.class, () -> signature.initSign(null));
    PublicKey foreign = rsa.getPublic();
    assertThrows(InvalidKeyException.class, () -> signature.initVerify(foreign));
    Cipher cipher = Cipher.getInstance("SM4/CBC/NoPadding", provider);
    IvParameterSpec iv = new IvParameterSpec(new byte[16]);
    SecretKeySpec clear = new SecretKeySpec(new byte[16], "SM4");
    assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, clear, iv));
    Signature sm2 = Signature.getInstance("SM3withSM2", provider);
    assertThrows(InvalidKeyException.class, () -> sm2.initSign(ownEc));
    assertThrows(InvalidKeyException.class, () -> sm2.initVerify(ec.getPublic()));
  }

  @Test
  void without_a_broker_signing_fails_as_the_jca_says_and_with_the_clients_text() throws Exception {
    Signature signature = Signature.getInstance("SHA256withRSA", provider);
    signature.initSign(ownRsa);
    signature.update(new byte[10]);
    SignatureException failed = assertThrows(SignatureException.class, signature::sign);
    assertTrue(failed.getMessage().contains("/nowhere/broker.sock"), failed::getMessage);
  }

  @Test
  void an_object_that_was_not_initialised_says_so() throws Exception {
    Signature pss = Signature.getInstance("RSASSA-PSS", provider);
    pss.initSign(ownRsa);
    pss.update((byte) 1);
    SignatureException failed = assertThrows(SignatureException.class, pss::sign);
    assertTrue(failed.getMessage().contains("PSSParameterSpec"), failed::getMessage);
    pss.setParameter(new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA256, 17, 1));
    PSSParameterSpec told = pss.getParameters().getParameterSpec(PSSParameterSpec.class);
    assertEquals("SHA-384", told.getDigestAlgorithm());
    assertEquals(17, told.getSaltLength());
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
    agreement.init(ownEc);
    assertThrows(IllegalStateException.class, agreement::generateSecret);
  }

  @Test
  void keys_have_no_encoded_form_and_are_not_serialised() throws Exception {
    assertEquals(null, ownRsa.getEncoded());
    assertEquals(null, ownRsa.getFormat());
    try (ObjectOutputStream out = new ObjectOutputStream(new ByteArrayOutputStream())) {
      assertThrows(NotSerializableException.class, () -> out.writeObject(ownRsa));
      assertThrows(NotSerializableException.class, () -> out.writeObject(ownEc));
    }
  }

  @Test
  void keys_are_equal_if_they_are_the_same_name_of_the_same_broker() {
    BerthRsaPrivateKey same =
        new BerthRsaPrivateKey(access, "hsm:token/rsa", (RSAPublicKey) rsa.getPublic());
    assertEquals(ownRsa, same);
    assertEquals(ownRsa.hashCode(), same.hashCode());
    assertNotEquals(
        ownRsa, new BerthRsaPrivateKey(access, "hsm:token/rsa-2", (RSAPublicKey) rsa.getPublic()));
    Access other = new Access(Settings.parse(NOWHERE));
    assertNotEquals(
        ownRsa, new BerthRsaPrivateKey(other, "hsm:token/rsa", (RSAPublicKey) rsa.getPublic()));
  }

  @Test
  void a_public_key_is_the_same_key_as_another_providers_with_its_numbers() throws Exception {
    for (PublicKey own : new PublicKey[] {ownRsa.publicKey(), ownEc.publicKey()}) {
      PublicKey same = own.getAlgorithm().equals("RSA") ? rsa.getPublic() : ec.getPublic();
      PublicKey other = own.getAlgorithm().equals("RSA") ? ec.getPublic() : rsa.getPublic();
      assertEquals(own, same);
      assertEquals(same, own);
      assertEquals(own.hashCode(), same.hashCode());
      assertNotEquals(own, other);
      PublicKey read = serialised(own);
      assertEquals(own, read);
      Signature signature = Signature.getInstance("SHA256with" + name(own));
      signature.initVerify(read);
      assertNotEquals("Berth", signature.getProvider().getName(), "an ordinary key by then");
    }
  }

  private static String name(PublicKey key) {
    return key.getAlgorithm().equals("RSA") ? "RSA" : "ECDSA";
  }

  private static PublicKey serialised(PublicKey key) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(key);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (PublicKey) in.readObject();
    }
  }

  @Test
  void random_numbers_are_asked_for_by_name_or_by_setting_and_by_nobody_else() throws Exception {
    insert(true);
    assertNotEquals("Berth", new SecureRandom().getProvider().getName());
    assertEquals("Berth", SecureRandom.getInstance("Berth").getProvider().getName());
    BerthProvider everybodys = new BerthProvider(NOWHERE + ",default_random=true");
    Security.removeProvider(BerthProvider.NAME);
    Security.insertProviderAt(everybodys, 1);
    SecureRandom random = new SecureRandom();
    assertEquals("Berth", random.getProvider().getName());
    ProviderException failed =
        assertThrows(ProviderException.class, () -> random.nextBytes(new byte[8]));
    assertTrue(failed.getMessage().contains("/nowhere/broker.sock"), failed::getMessage);
  }

  @Test
  void the_provider_is_found_as_a_service_and_configured_by_its_argument() {
    boolean found = false;
    for (java.security.Provider each : java.util.ServiceLoader.load(java.security.Provider.class)) {
      found |= each instanceof BerthProvider;
    }
    assertTrue(found);
    assertThrows(
        java.security.InvalidParameterException.class,
        () -> new BerthProvider("").configure("devise=hsm:card"));
    assertEquals("Berth", new BerthProvider("").configure("device=hsm:card").getName());
  }

  @Test
  void every_service_can_be_made() throws Exception {
    for (java.security.Provider.Service service : provider.getServices()) {
      Object made = service.newInstance(null);
      assertEquals(service.getClassName(), made.getClass().getName(), service::toString);
    }
  }
}
