// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static io.berth.system.jca.CardAndProviders.BOUNCY_CASTLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.NotPermittedException;
import io.berth.jca.BerthPrivateKey;
import io.berth.jca.BerthProvider;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.KnownKeysToken;
import io.berth.system.broker.RunningBroker;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.crypto.AEADBadTagException;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** RSA, ECDSA and AES of a SoftHSM token against the JDK and Bouncy Castle, both directions. */
final class TokenTest {
  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  /** Not with a zero in front: softhsm2-util 2.6.1 makes such a key one that cannot be used. */
  private static final byte[] CLEAR = HexFormat.of().parseHex("1032547698badcfe1032547698badcfe");

  private static String settings;

  private final Random random = new Random(99);
  private BerthProvider berth;
  private KeyStore keys;

  @BeforeAll
  static void start() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    Path folder = setup.directory();
    KnownKeysToken token = setup.token("token");
    token.importPair("rsa", ServerCertificates.rsa(folder, "rsa"));
    token.importPair("p256", ServerCertificates.ec(folder, "p256", "P-256"));
    token.importPair("p384", ServerCertificates.ec(folder, "p384", "P-384"));
    token.importAes("aes", CLEAR);
    token.generateAgreementPair("ecdh-256", "prime256v1");
    token.generateAgreementPair("ecdh-384", "secp384r1");
    setup.device(
        "token",
        "hsm",
        "hsm/pkcs11",
        token.deviceLines("rsa", "p256", "p384", "aes", "ecdh-256", "ecdh-384"));
    RunningBroker broker = BROKERS.start(setup).awaitServing("hsm:token");
    settings = "socket=" + broker.socket() + ",device=hsm:token,timeout_ms=60000";
  }

  @BeforeEach
  void useThem() throws Exception {
    use(settings);
  }

  private void use(String text) throws Exception {
    berth = new BerthProvider(text);
    keys = KeyStore.getInstance("Berth", berth);
    keys.load(null, null);
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private PrivateKey privateKey(String alias) throws Exception {
    return (PrivateKey) keys.getKey(alias, null);
  }

  /** The public half as another provider's own key. */
  private PublicKey foreign(String alias, Provider provider) throws Exception {
    PublicKey own = ((BerthPrivateKey) privateKey(alias)).publicKey();
    return KeyFactory.getInstance(own.getAlgorithm(), provider)
        .generatePublic(new X509EncodedKeySpec(own.getEncoded()));
  }

  @Test
  void keys_tell_what_jsse_wants_to_know_and_no_more() throws Exception {
    assertEquals(2048, ((RSAKey) privateKey("rsa")).getModulus().bitLength());
    assertEquals(256, ((ECKey) privateKey("p256")).getParams().getOrder().bitLength());
    assertEquals(384, ((ECKey) privateKey("p384")).getParams().getOrder().bitLength());
    assertEquals("AES", keys.getKey("aes", null).getAlgorithm());
    assertNull(keys.getKey("aes", null).getEncoded());
    assertEquals(6, keys.size());
  }

  @Test
  void rsa_and_ecdsa_signatures_go_to_others_and_come_back_from_the_token() throws Exception {
    for (String hash : new String[] {"device", "jdk"}) {
      use(settings + ",hash=" + hash);
      for (int bits : new int[] {1, 224, 256, 384, 512}) {
        signAndVerify("SHA" + bits + "withRSA", "rsa", null);
        for (String curve : new String[] {"p256", "p384"}) {
          signAndVerify("SHA" + bits + "withECDSA", curve, null);
        }
      }
      signAndVerify("RSASSA-PSS", "rsa", pss("SHA-256", MGF1ParameterSpec.SHA256, 32));
      signAndVerify("RSASSA-PSS", "rsa", pss("SHA-384", MGF1ParameterSpec.SHA384, 48));
      signAndVerify("RSASSA-PSS", "rsa", pss("SHA-512", MGF1ParameterSpec.SHA512, 0));
    }
  }

  private static PSSParameterSpec pss(String hash, MGF1ParameterSpec mgf, int salt) {
    return new PSSParameterSpec(hash, "MGF1", mgf, salt, 1);
  }

  private void signAndVerify(String name, String alias, AlgorithmParameterSpec spec)
      throws Exception {
    for (int length : new int[] {0, 1, 3000, 100_000}) {
      byte[] message = bytes(length);
      Signature signer = Signature.getInstance(name, berth);
      signer.initSign(privateKey(alias));
      if (spec != null) {
        signer.setParameter(spec);
      }
      signer.update(message, 0, length / 2);
      signer.update(message, length / 2, length - length / 2);
      byte[] signature = signer.sign();
      String what = name + " " + alias + " " + length;
      assertTrue(
          verify(name, foreign(alias, BOUNCY_CASTLE), BOUNCY_CASTLE, spec, message, signature),
          what);
      PublicKey own = ((BerthPrivateKey) privateKey(alias)).publicKey();
      assertTrue(verify(name, own, berth, spec, message, signature), what);
      byte[] other = Arrays.copyOf(message, length + 1);
      assertFalse(verify(name, own, berth, spec, other, signature), what);
    }
  }

  private static boolean verify(
      String name,
      PublicKey key,
      Provider provider,
      AlgorithmParameterSpec spec,
      byte[] message,
      byte[] signature)
      throws Exception {
    Signature verifier = Signature.getInstance(name, provider);
    verifier.initVerify(key);
    if (spec != null) {
      verifier.setParameter(spec);
    }
    verifier.update(message);
    return verifier.verify(signature);
  }

  @Test
  void signatures_over_a_digest_and_in_plain_form_are_what_they_say() throws Exception {
    byte[] digest = bytes(32);
    Signature signer = Signature.getInstance("NONEwithECDSA", berth);
    signer.initSign(privateKey("p256"));
    signer.update(digest);
    byte[] signature = signer.sign();
    assertTrue(
        verify(
            "NONEwithECDSA",
            foreign("p256", BOUNCY_CASTLE),
            BOUNCY_CASTLE,
            null,
            digest,
            signature));
    signer = Signature.getInstance("SHA256withECDSAinP1363Format", berth);
    signer.initSign(privateKey("p256"));
    signer.update(digest);
    byte[] plain = signer.sign();
    assertEquals(64, plain.length);
    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format", "SunEC");
    verifier.initVerify(((BerthPrivateKey) privateKey("p256")).publicKey());
    verifier.update(digest);
    assertTrue(verifier.verify(plain));
    signer = Signature.getInstance("NONEwithRSA", berth);
    signer.initSign(privateKey("rsa"));
    signer.update(digest);
    Cipher opener = Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE");
    opener.init(Cipher.DECRYPT_MODE, foreign("rsa", Security.getProvider("SunRsaSign")));
    assertArrayEquals(digest, opener.doFinal(signer.sign()));
    Signature long256 = Signature.getInstance("NONEwithRSA", berth);
    long256.initSign(privateKey("rsa"));
    long256.update(new byte[246]);
    SignatureException refused = assertThrows(SignatureException.class, long256::sign);
    assertTrue(refused.getMessage().contains("hsm:token/rsa"), refused::getMessage);
    long256.update(new byte[245]);
    assertEquals(256, long256.sign().length, "at the limit, and after a failure");
  }

  @Test
  void rsa_decrypts_what_others_encrypted_and_the_other_way_round() throws Exception {
    OAEPParameterSpec sha256 =
        new OAEPParameterSpec(
            "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);
    decrypt("RSA/ECB/PKCS1Padding", null, 245);
    decrypt("RSA/ECB/OAEPWithSHA-1AndMGF1Padding", null, 214);
    PublicKey own = ((BerthPrivateKey) privateKey("rsa")).publicKey();
    Cipher cipher = Cipher.getInstance("RSA/ECB/PKCS1Padding", berth);
    cipher.init(Cipher.ENCRYPT_MODE, own);
    assertThrows(IllegalBlockSizeException.class, () -> cipher.doFinal(new byte[246]));
    cipher.init(Cipher.DECRYPT_MODE, privateKey("rsa"));
    assertThrows(IllegalBlockSizeException.class, () -> cipher.doFinal(new byte[255]));
    byte[] junk = new byte[256];
    junk[200] = 1;
    assertThrows(BadPaddingException.class, () -> cipher.doFinal(junk));
    assertThrows(
        UnsupportedOperationException.class,
        () -> cipher.init(Cipher.DECRYPT_MODE, privateKey("rsa"), sha256));
    Cipher wrapper = Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE");
    wrapper.init(Cipher.WRAP_MODE, own);
    byte[] wrapped = wrapper.wrap(new SecretKeySpec(CLEAR, "AES"));
    cipher.init(Cipher.UNWRAP_MODE, privateKey("rsa"));
    assertEquals(new SecretKeySpec(CLEAR, "AES"), cipher.unwrap(wrapped, "AES", Cipher.SECRET_KEY));
  }

  private void decrypt(String name, AlgorithmParameterSpec spec, int most) throws Exception {
    for (int length : new int[] {1, 16, most}) {
      byte[] plain = bytes(length);
      PublicKey own = ((BerthPrivateKey) privateKey("rsa")).publicKey();
      Cipher theirs = Cipher.getInstance(name, "SunJCE");
      theirs.init(Cipher.ENCRYPT_MODE, own, spec);
      Cipher ours = Cipher.getInstance(name, berth);
      ours.init(Cipher.DECRYPT_MODE, privateKey("rsa"), spec);
      assertArrayEquals(plain, ours.doFinal(theirs.doFinal(plain)), name + length);
      Cipher back = Cipher.getInstance(name, berth);
      back.init(Cipher.ENCRYPT_MODE, own, spec);
      assertArrayEquals(plain, ours.doFinal(back.doFinal(plain)), name + length);
    }
  }

  @Test
  void aes_is_the_jdks_in_every_mode_and_a_tag_that_does_not_fit_gives_nothing() throws Exception {
    SecretKey own = (SecretKey) keys.getKey("aes", null);
    SecretKey theirs = new SecretKeySpec(CLEAR, "AES");
    for (String mode : new String[] {"ECB", "CBC", "CTR"}) {
      String name = "AES/" + mode + (mode.equals("CTR") ? "/NoPadding" : "/PKCS5Padding");
      AlgorithmParameterSpec iv = mode.equals("ECB") ? null : new IvParameterSpec(bytes(16));
      for (int length : new int[] {0, 1, 16, 1000, 40_001}) {
        byte[] data = bytes(length);
        Cipher jdk = Cipher.getInstance(name, "SunJCE");
        jdk.init(Cipher.ENCRYPT_MODE, theirs, iv);
        byte[] expected = jdk.doFinal(data);
        Cipher cipher = Cipher.getInstance(name, berth);
        cipher.init(Cipher.ENCRYPT_MODE, own, iv);
        byte[] begin = cipher.update(data, 0, length / 3);
        byte[] end = cipher.doFinal(data, length / 3, length - length / 3);
        assertArrayEquals(expected, joined(begin, end), name + length);
        cipher.init(Cipher.DECRYPT_MODE, own, iv);
        assertArrayEquals(data, cipher.doFinal(expected), name + length);
      }
    }
    gcm(own, theirs);
  }

  private void gcm(SecretKey own, SecretKey theirs) throws Exception {
    for (int length : new int[] {0, 1, 5000, 100_003}) {
      byte[] data = bytes(length);
      byte[] aad = bytes(length == 1 ? 3000 : 20);
      GCMParameterSpec spec = new GCMParameterSpec(128, bytes(12));
      Cipher jdk = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE");
      jdk.init(Cipher.ENCRYPT_MODE, theirs, spec);
      jdk.updateAAD(aad);
      byte[] expected = jdk.doFinal(data);
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", berth);
      cipher.init(Cipher.ENCRYPT_MODE, own, spec);
      cipher.updateAAD(aad);
      cipher.update(data, 0, length / 2);
      assertArrayEquals(expected, cipher.doFinal(data, length / 2, length - length / 2));
      assertThrows(IllegalStateException.class, () -> cipher.doFinal(data), "a nonce twice");
      assertThrows(
          InvalidAlgorithmParameterException.class,
          () -> cipher.init(Cipher.ENCRYPT_MODE, own, spec));
      cipher.init(Cipher.DECRYPT_MODE, own, spec);
      cipher.updateAAD(aad);
      assertArrayEquals(data, cipher.doFinal(expected));
      expected[0] ^= 1;
      cipher.updateAAD(aad);
      assertThrows(AEADBadTagException.class, () -> cipher.doFinal(expected));
      assertThrows(AEADBadTagException.class, () -> cipher.doFinal(new byte[3]));
    }
  }

  private static byte[] joined(byte[] begin, byte[] end) {
    byte[] both =
        Arrays.copyOf(
            begin == null ? new byte[0] : begin, (begin == null ? 0 : begin.length) + end.length);
    System.arraycopy(end, 0, both, both.length - end.length, end.length);
    return both;
  }

  @Test
  void both_sides_of_an_ecdh_have_the_same_secret() throws Exception {
    for (String alias : List.of("ecdh-256", "ecdh-384")) {
      for (Provider provider : List.of(Security.getProvider("SunEC"), BOUNCY_CASTLE)) {
        String what = alias + " with " + provider.getName();
        KeyPair other = pairOnCurveOf(alias, provider);
        KeyAgreement theirs = KeyAgreement.getInstance("ECDH", provider);
        theirs.init(other.getPrivate());
        theirs.doPhase(foreign(alias, provider), true);
        byte[] secret = theirs.generateSecret();
        KeyAgreement ours = KeyAgreement.getInstance("ECDH", berth);
        ours.init(privateKey(alias));
        ours.doPhase(other.getPublic(), true);
        assertArrayEquals(secret, ours.generateSecret(), what);
        ours.doPhase(other.getPublic(), true);
        assertThrows(NoSuchAlgorithmException.class, () -> ours.generateSecret("DES"));
        assertThrows(ShortBufferException.class, () -> ours.generateSecret(new byte[31], 0));
        assertEquals(new SecretKeySpec(secret, "Generic"), ours.generateSecret("Generic"), what);
        ours.doPhase(other.getPublic(), true);
        assertEquals(new SecretKeySpec(secret, 0, 32, "AES"), ours.generateSecret("AES"), what);
        assertThrows(IllegalStateException.class, ours::generateSecret);
      }
    }
  }

  private KeyPair pairOnCurveOf(String alias, Provider provider) throws Exception {
    KeyPairGenerator pairs = KeyPairGenerator.getInstance("EC", provider);
    pairs.initialize(new ECGenParameterSpec(alias.endsWith("256") ? "secp256r1" : "secp384r1"));
    return pairs.generateKeyPair();
  }

  @Test
  void a_point_of_another_curve_or_of_none_and_a_key_that_may_not_agree_are_refused()
      throws Exception {
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH", berth);
    agreement.init(privateKey("ecdh-256"));
    PublicKey longer = pairOnCurveOf("ecdh-384", BOUNCY_CASTLE).getPublic();
    assertThrows(InvalidKeyException.class, () -> agreement.doPhase(longer, true));
    ECPublicKey right = (ECPublicKey) pairOnCurveOf("ecdh-256", BOUNCY_CASTLE).getPublic();
    ECPoint off = new ECPoint(right.getW().getAffineX(), BigInteger.ONE);
    PublicKey wrong =
        KeyFactory.getInstance("EC", "SunEC")
            .generatePublic(new ECPublicKeySpec(off, right.getParams()));
    InvalidKeyException refused =
        assertThrows(InvalidKeyException.class, () -> agreement.doPhase(wrong, true));
    assertTrue(refused.getMessage().contains("not on the curve"), refused::getMessage);
    agreement.init(privateKey("p256"));
    agreement.doPhase(right, true);
    ProviderException denied = assertThrows(ProviderException.class, agreement::generateSecret);
    assertInstanceOf(NotPermittedException.class, denied.getCause());
    assertTrue(denied.getMessage().contains("CKR_KEY_FUNCTION_NOT_PERMITTED"), denied::getMessage);
  }
}
