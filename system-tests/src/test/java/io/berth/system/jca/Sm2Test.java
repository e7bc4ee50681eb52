// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static io.berth.system.jca.CardAndProviders.BOUNCY_CASTLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jca.SignerIdSpec;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;
import org.bouncycastle.jcajce.spec.SM2ParameterSpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** SM3withSM2 and SM2 encryption on the card, and by Bouncy Castle, in both directions. */
final class Sm2Test {
  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static CardAndProviders card;

  private final Random random = new Random(31);

  @BeforeAll
  static void start() throws Exception {
    card = CardAndProviders.start(BROKERS);
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private Signature ours() throws Exception {
    return Signature.getInstance("SM3withSM2", card.berth);
  }

  private static Signature theirs() throws Exception {
    return Signature.getInstance("SM3withSM2", BOUNCY_CASTLE);
  }

  @Test
  void signatures_over_messages_of_any_length_are_valid_to_bouncy_castle_and_back()
      throws Exception {
    Signature signer = ours();
    Signature verifier = theirs();
    KeyPair foreign = foreignPair();
    for (int length : new int[] {0, 1, 32, 2047, 2048, 2049, 100_000, 1_500_001}) {
      byte[] message = bytes(length);
      signer.initSign(card.privateKey("sign-1"));
      signer.update(message);
      byte[] signature = signer.sign();
      verifier.initVerify(card.theirPublicKey("sign-1"));
      verifier.update(message);
      assertTrue(verifier.verify(signature), "" + length);
      for (PublicKey key :
          new PublicKey[] {card.publicKey("sign-1"), card.theirPublicKey("sign-1")}) {
        Signature own = ours();
        own.initVerify(key);
        own.update(message);
        assertTrue(own.verify(signature), "" + length);
        own.update(message);
        own.update((byte) 1);
        assertFalse(own.verify(signature), "" + length);
      }
      Signature theirSigner = theirs();
      theirSigner.initSign(foreign.getPrivate());
      theirSigner.update(message);
      Signature own = ours();
      own.initVerify(foreign.getPublic());
      own.update(message);
      assertTrue(own.verify(theirSigner.sign()), "" + length);
    }
  }

  private static KeyPair foreignPair() throws Exception {
    KeyPairGenerator pairs = KeyPairGenerator.getInstance("EC", BOUNCY_CASTLE);
    pairs.initialize(new ECGenParameterSpec("sm2p256v1"));
    return pairs.generateKeyPair();
  }

  @Test
  void a_message_in_parts_is_the_message_and_one_object_signs_many() throws Exception {
    byte[] message = bytes(5000);
    Signature signer = ours();
    Signature verifier = theirs();
    signer.initSign(card.privateKey("sign-1"));
    verifier.initVerify(card.theirPublicKey("sign-1"));
    for (int round = 0; round < 3; round++) {
      signer.update(message[0]);
      signer.update(message, 1, 2999);
      signer.update(ByteBuffer.wrap(message, 3000, 1000));
      ByteBuffer direct = ByteBuffer.allocateDirect(1000);
      direct.put(message, 4000, 1000).flip();
      signer.update(direct);
      verifier.update(message);
      assertTrue(verifier.verify(signer.sign()));
    }
  }

  @Test
  void the_signers_id_is_taken_from_our_spec_and_from_another_providers() throws Exception {
    byte[] id = "signer@example".getBytes(StandardCharsets.UTF_8);
    Signature verifier = theirs();
    verifier.setParameter(new SM2ParameterSpec(id));
    verifier.initVerify(card.theirPublicKey("sign-2"));
    for (java.security.spec.AlgorithmParameterSpec spec :
        List.of(new SignerIdSpec(id), new SM2ParameterSpec(id))) {
      Signature signer = ours();
      signer.setParameter(spec);
      signer.initSign(card.privateKey("sign-2"));
      signer.update(id);
      byte[] signature = signer.sign();
      verifier.update(id);
      assertTrue(verifier.verify(signature), spec.getClass().getName());
      Signature usual = ours();
      usual.initVerify(card.publicKey("sign-2"));
      usual.update(id);
      assertFalse(usual.verify(signature), "the usual id");
    }
    Signature wrong = ours();
    IvParameterSpec iv = new IvParameterSpec(new byte[16]);
    assertThrows(InvalidAlgorithmParameterException.class, () -> wrong.setParameter(iv));
  }

  @Test
  void the_signers_id_may_be_as_long_as_a_request_holds_with_a_message_of_any_length()
      throws Exception {
    byte[] id = bytes(3900);
    for (int length : new int[] {0, 1, 2000, 2048, 5000}) {
      byte[] message = bytes(length);
      Signature signer = ours();
      signer.setParameter(new SignerIdSpec(id));
      signer.initSign(card.privateKey("sign-1"));
      signer.update(message);
      byte[] signature = signer.sign();
      Signature foreign = theirs();
      foreign.setParameter(new SM2ParameterSpec(id));
      foreign.initVerify(card.theirPublicKey("sign-1"));
      foreign.update(message);
      assertTrue(foreign.verify(signature), length + " bytes");
      Signature own = ours();
      own.setParameter(new SignerIdSpec(id));
      own.initVerify(card.publicKey("sign-1"));
      own.update(message);
      assertTrue(own.verify(signature), length + " bytes");
    }
  }

  @Test
  void what_is_no_signature_is_refused_and_the_object_goes_on() throws Exception {
    byte[] message = bytes(10);
    Signature signer = ours();
    assertThrows(SignatureException.class, () -> signer.update(message));
    assertThrows(InvalidKeyException.class, () -> signer.initSign(foreignPair().getPrivate()));
    signer.initSign(card.privateKey("sign-1"));
    signer.update(message);
    byte[] signature = signer.sign();
    Signature verifier = ours();
    verifier.initVerify(card.publicKey("sign-1"));
    verifier.update(message);
    byte[] cut = Arrays.copyOf(signature, signature.length - 1);
    assertThrows(SignatureException.class, () -> verifier.verify(cut));
    assertThrows(SignatureException.class, () -> verifier.verify(new byte[0]));
    verifier.update(message);
    assertTrue(verifier.verify(signature), "after a failure");
  }

  @Test
  void a_certificate_of_sm2_which_the_jdk_cannot_read_is_verified(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("sm2.pem");
    Path key = folder.resolve("key.pem");
    Installation.Outcome made =
        Installation.run(
            List.of("openssl", "ecparam", "-name", "SM2", "-genkey", "-noout", "-out", "" + key));
    assertEquals(0, made.exitCode(), made::output);
    made =
        Installation.run(
            List.of(
                "openssl",
                "req",
                "-x509",
                "-new",
                "-sm3",
                "-key",
                "" + key,
                "-subj",
                "/CN=sm2",
                "-days",
                "2",
                "-sigopt",
                "distid:1234567812345678",
                "-out",
                "" + file));
    assertEquals(0, made.exitCode(), made::output);
    CertificateFactory x509 = CertificateFactory.getInstance("X.509", BOUNCY_CASTLE);
    byte[] pem = Files.readAllBytes(file);
    X509Certificate certificate =
        (X509Certificate) x509.generateCertificate(new ByteArrayInputStream(pem));
    certificate.verify(certificate.getPublicKey(), card.berth);
    assertThrows(
        SignatureException.class, () -> certificate.verify(card.publicKey("sign-1"), card.berth));
  }

  @Test
  void sm2_ciphertexts_go_both_ways_in_all_forms() throws Exception {
    for (int length : new int[] {1, 31, 32, 33, 1000, 3900}) {
      byte[] plain = bytes(length);
      for (String form : new String[] {"C1C3C2", "C1C2C3"}) {
        Cipher ours = Cipher.getInstance("SM2/" + form + "/NoPadding", card.berth);
        ours.init(Cipher.ENCRYPT_MODE, card.publicKey("sign-1"));
        byte[] written = ours.doFinal(plain);
        ours.init(Cipher.DECRYPT_MODE, card.privateKey("sign-1"));
        assertArrayEquals(plain, ours.doFinal(written), form + length);
        ours.init(Cipher.DECRYPT_MODE, card.privateKey("sign-1"));
        assertArrayEquals(plain, ours.doFinal(bouncyCastle(form, plain)), form + length);
      }
      Cipher asn1 = Cipher.getInstance("SM2", card.berth);
      asn1.init(Cipher.ENCRYPT_MODE, card.theirEncryptionKey("sign-1"));
      asn1.update(plain, 0, length / 2);
      byte[] written = asn1.doFinal(plain, length / 2, length - length / 2);
      assertEquals(0x30, written[0]);
      asn1.init(Cipher.DECRYPT_MODE, card.privateKey("sign-1"));
      assertArrayEquals(plain, asn1.doFinal(written), "ASN.1 " + length);
    }
  }

  private byte[] bouncyCastle(String form, byte[] plain) throws Exception {
    // Their "SM2" is C1 || C2 || C3 unless parameters say otherwise.
    org.bouncycastle.crypto.engines.SM2Engine engine =
        new org.bouncycastle.crypto.engines.SM2Engine(
            org.bouncycastle.crypto.engines.SM2Engine.Mode.valueOf(form));
    engine.init(
        true,
        new org.bouncycastle.crypto.params.ParametersWithRandom(
            org.bouncycastle.jcajce.provider.asymmetric.util.ECUtil.generatePublicKeyParameter(
                card.theirEncryptionKey("sign-1")),
            new java.security.SecureRandom()));
    return engine.processBlock(plain, 0, plain.length);
  }

  @Test
  void a_spoiled_ciphertext_is_bad_padding_and_no_plain_text() throws Exception {
    PrivateKey key = card.privateKey("sign-1");
    Cipher cipher = Cipher.getInstance("SM2", card.berth);
    cipher.init(Cipher.ENCRYPT_MODE, card.publicKey("sign-1"));
    byte[] written = cipher.doFinal(bytes(40));
    assertThrows(IllegalBlockSizeException.class, () -> cipher.doFinal(new byte[0]));
    cipher.init(Cipher.DECRYPT_MODE, key);
    byte[] spoiled = written.clone();
    spoiled[spoiled.length - 1] ^= 1;
    assertThrows(BadPaddingException.class, () -> cipher.doFinal(spoiled));
    assertThrows(BadPaddingException.class, () -> cipher.doFinal(new byte[5]));
    cipher.init(Cipher.DECRYPT_MODE, card.privateKey("sign-2"));
    assertThrows(BadPaddingException.class, () -> cipher.doFinal(written));
    cipher.init(Cipher.DECRYPT_MODE, key);
    assertThrows(
        ShortBufferException.class, () -> cipher.doFinal(written, 0, written.length, new byte[3]));
    assertEquals(40, cipher.doFinal(written).length);
    cipher.init(Cipher.ENCRYPT_MODE, card.publicKey("sign-1"));
    // More than the card takes: an error that names its limit, and no shortened text.
    ProviderException limit =
        assertThrows(ProviderException.class, () -> cipher.doFinal(new byte[1 << 20]));
    assertTrue(limit.getMessage().contains("hsm:card"), limit::getMessage);
  }
}
