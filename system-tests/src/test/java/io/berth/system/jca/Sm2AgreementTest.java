// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static io.berth.system.jca.CardAndProviders.BOUNCY_CASTLE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.jca.BerthEcPrivateKey;
import io.berth.jca.SignerIdSpec;
import io.berth.jca.Sm2AgreementSpec;
import io.berth.system.broker.Brokers;
import io.berth.system.process.ProcessView;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.DestroyFailedException;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.agreement.SM2KeyExchange;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.SM2KeyExchangePrivateParameters;
import org.bouncycastle.crypto.params.SM2KeyExchangePublicParameters;
import org.bouncycastle.jcajce.provider.asymmetric.util.ECUtil;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys agreed on with SM2 between a card and Bouncy Castle, or another name of the card. */
final class Sm2AgreementTest {
  private static final byte[] OWN_ID = "card@example".getBytes(UTF_8);
  private static final byte[] THEIR_ID = "peer@example".getBytes(UTF_8);

  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static CardAndProviders card;

  private BerthEcPrivateKey own;
  private KeyPair their;
  private KeyPair theirTemporary;

  @BeforeAll
  static void start() throws Exception {
    card = CardAndProviders.start(BROKERS);
  }

  @BeforeEach
  void makePairs() throws Exception {
    own = (BerthEcPrivateKey) card.privateKey("sign-1");
    their = pair();
    theirTemporary = pair();
  }

  private static KeyPair pair() throws Exception {
    KeyPairGenerator pairs = KeyPairGenerator.getInstance("EC", BOUNCY_CASTLE);
    pairs.initialize(new ECGenParameterSpec("sm2p256v1"));
    return pairs.generateKeyPair();
  }

  /** What Bouncy Castle computes with its own two pairs and the card's two public keys. */
  private SecretKey theirs(boolean sponsor, PublicKey peerTemporary, byte[] theirId, byte[] peerId)
      throws Exception {
    SM2KeyExchange exchange = new SM2KeyExchange();
    CipherParameters pairs =
        new SM2KeyExchangePrivateParameters(
            sponsor,
            (ECPrivateKeyParameters) ECUtil.generatePrivateKeyParameter(their.getPrivate()),
            (ECPrivateKeyParameters)
                ECUtil.generatePrivateKeyParameter(theirTemporary.getPrivate()));
    exchange.init(new ParametersWithID(pairs, orUsual(theirId)));
    CipherParameters points =
        new SM2KeyExchangePublicParameters(point(own.encryptionKey()), point(peerTemporary));
    byte[] key = exchange.calculateKey(128, new ParametersWithID(points, orUsual(peerId)));
    return new SecretKeySpec(key, "SM4");
  }

  private static byte[] orUsual(byte[] id) {
    return id == null ? "1234567812345678".getBytes(UTF_8) : id;
  }

  private static ECPublicKeyParameters point(PublicKey key) throws Exception {
    PublicKey read =
        KeyFactory.getInstance("EC", BOUNCY_CASTLE)
            .generatePublic(new X509EncodedKeySpec(key.getEncoded()));
    return (ECPublicKeyParameters) ECUtil.generatePublicKeyParameter(read);
  }

  private KeyAgreement agreement(Sm2AgreementSpec spec) throws Exception {
    KeyAgreement agreement = KeyAgreement.getInstance("SM2", card.berth);
    agreement.init(own, spec);
    return agreement;
  }

  /** The key is one that Bouncy Castle has, too: by ciphers and a MAC. */
  private void assertSame(SecretKey theirs, SecretKey ours) throws Exception {
    byte[] data = "agreed on".getBytes(UTF_8);
    assertNull(ours.getEncoded());
    GCMParameterSpec nonce = new GCMParameterSpec(128, new byte[12]);
    for (String name : new String[] {"SM4/ECB/PKCS5Padding", "SM4/GCM/NoPadding"}) {
      Cipher cipher = Cipher.getInstance(name, card.berth);
      Cipher back = Cipher.getInstance(name, BOUNCY_CASTLE);
      cipher.init(Cipher.ENCRYPT_MODE, ours, name.contains("GCM") ? nonce : null);
      back.init(Cipher.DECRYPT_MODE, theirs, name.contains("GCM") ? nonce : null);
      assertArrayEquals(data, back.doFinal(cipher.doFinal(data)), name);
    }
    Mac mac = Mac.getInstance("HmacSM3", card.berth);
    mac.init(ours);
    Mac their = Mac.getInstance("HMACSM3", BOUNCY_CASTLE);
    their.init(theirs);
    assertArrayEquals(their.doFinal(data), mac.doFinal(data));
  }

  @Test
  void both_sides_have_the_same_key_whoever_begins_and_whatever_they_are_called() throws Exception {
    byte[][][] ids = {{OWN_ID, THEIR_ID}, {null, null}, {OWN_ID, null}};
    for (byte[][] each : ids) {
      KeyAgreement sponsor = agreement(Sm2AgreementSpec.sponsor(each[0], each[1]));
      PublicKey temporary = (PublicKey) sponsor.doPhase(their.getPublic(), false);
      assertNull(sponsor.doPhase(theirTemporary.getPublic(), true));
      assertSame(theirs(false, temporary, each[1], each[0]), sponsor.generateSecret("SM4"));

      KeyAgreement responder = agreement(Sm2AgreementSpec.responder(each[0], each[1]));
      assertNull(responder.doPhase(their.getPublic(), false));
      temporary = (PublicKey) responder.doPhase(theirTemporary.getPublic(), true);
      assertSame(theirs(true, temporary, each[1], each[0]), responder.generateSecret("SM4"));
    }
  }

  private static byte[] id(int bytes) {
    byte[] id = new byte[bytes];
    Arrays.fill(id, (byte) 'i');
    return id;
  }

  @Test
  void ids_may_be_as_long_as_a_request_holds_both_and_longer_ones_are_refused() throws Exception {
    byte[] ownId = id(3800);
    byte[] theirId = id(100);
    KeyAgreement sponsor = agreement(Sm2AgreementSpec.sponsor(ownId, theirId));
    PublicKey temporary = (PublicKey) sponsor.doPhase(their.getPublic(), false);
    sponsor.doPhase(theirTemporary.getPublic(), true);
    assertSame(theirs(false, temporary, theirId, ownId), sponsor.generateSecret("SM4"));

    KeyAgreement responder = agreement(Sm2AgreementSpec.responder(ownId, theirId));
    responder.doPhase(their.getPublic(), false);
    temporary = (PublicKey) responder.doPhase(theirTemporary.getPublic(), true);
    assertSame(theirs(true, temporary, theirId, ownId), responder.generateSecret("SM4"));

    KeyAgreement tooLong = agreement(Sm2AgreementSpec.responder(id(2000), id(2000)));
    tooLong.doPhase(their.getPublic(), false);
    InvalidKeyException refused =
        assertThrows(
            InvalidKeyException.class, () -> tooLong.doPhase(theirTemporary.getPublic(), true));
    BerthException why = assertInstanceOf(BerthException.class, refused.getCause());
    assertEquals(Reason.PAYLOAD_TOO_LARGE, why.reason());
  }

  @Test
  void two_names_of_berth_agree_by_the_public_keys_that_they_show() throws Exception {
    KeyAgreement sponsor = agreement(Sm2AgreementSpec.sponsor(OWN_ID, THEIR_ID));
    KeyAgreement responder = KeyAgreement.getInstance("SM2", card.berth);
    responder.init(card.privateKey("sign-2"), Sm2AgreementSpec.responder(THEIR_ID, OWN_ID));
    for (int i = 0; i < 2; i++) {
      responder.doPhase(own.publicKey(), false);
      PublicKey first = (PublicKey) sponsor.doPhase(card.publicKey("sign-2"), false);
      PublicKey second = (PublicKey) responder.doPhase(first, true);
      sponsor.doPhase(second, true);
      Cipher cipher = Cipher.getInstance("SM4/CBC/PKCS5Padding", card.berth);
      cipher.init(Cipher.ENCRYPT_MODE, sponsor.generateSecret("SM4"));
      byte[] ciphertext = cipher.doFinal(OWN_ID);
      Cipher back = Cipher.getInstance("SM4/CBC/PKCS5Padding", card.berth);
      back.init(Cipher.DECRYPT_MODE, responder.generateSecret("SM4"), cipher.getParameters());
      assertArrayEquals(OWN_ID, back.doFinal(ciphertext), "the objects used again");
    }
  }

  @Test
  void steps_out_of_order_and_what_is_no_key_of_this_curve_are_refused() throws Exception {
    KeyAgreement agreement = agreement(Sm2AgreementSpec.sponsor(null, null));
    assertThrows(
        IllegalStateException.class, () -> agreement.doPhase(theirTemporary.getPublic(), true));
    agreement.doPhase(their.getPublic(), false);
    assertThrows(IllegalStateException.class, () -> agreement.doPhase(their.getPublic(), false));
    assertThrows(IllegalStateException.class, () -> agreement.generateSecret("SM4"));
    KeyPairGenerator others = KeyPairGenerator.getInstance("EC", "SunEC");
    others.initialize(256);
    PublicKey p256 = others.generateKeyPair().getPublic();
    assertThrows(InvalidKeyException.class, () -> agreement.doPhase(p256, true));
    assertThrows(InvalidKeyException.class, () -> agreement.doPhase(their.getPrivate(), true));
    byte[] encoded = theirTemporary.getPublic().getEncoded();
    encoded[encoded.length - 1] ^= 1;
    PublicKey off = new Encoded(encoded);
    InvalidKeyException notOnCurve =
        assertThrows(InvalidKeyException.class, () -> agreement.doPhase(off, true));
    assertTrue(notOnCurve.getMessage().contains("no points"), notOnCurve::getMessage);
    agreement.doPhase(theirTemporary.getPublic(), true);
    assertThrows(NoSuchAlgorithmException.class, () -> agreement.generateSecret("AES"));
    assertThrows(UnsupportedOperationException.class, agreement::generateSecret);
    agreement.generateSecret("SM4");
    assertThrows(IllegalStateException.class, () -> agreement.generateSecret("SM4"));

    assertThrows(InvalidKeyException.class, () -> agreement.init(own));
    assertThrows(
        InvalidKeyException.class,
        () -> agreement.init(their.getPrivate(), Sm2AgreementSpec.sponsor(null, null)));
    assertThrows(
        InvalidAlgorithmParameterException.class,
        () -> agreement.init(own, new SignerIdSpec(OWN_ID)));
    assertThrows(
        IllegalArgumentException.class, () -> Sm2AgreementSpec.sponsor(new byte[8192], null));
  }

  /** An SM2 key as the JDK reads it out of a certificate: it knows its encoded form only. */
  private static final class Encoded implements PublicKey {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    Encoded(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public String getAlgorithm() {
      return "EC";
    }

    @Override
    public String getFormat() {
      return "X.509";
    }

    @Override
    public byte[] getEncoded() {
      return bytes.clone();
    }
  }

  private SecretKey agreed() throws Exception {
    KeyAgreement responder = agreement(Sm2AgreementSpec.responder(null, null));
    responder.doPhase(their.getPublic(), false);
    responder.doPhase(theirTemporary.getPublic(), true);
    return responder.generateSecret("SM4");
  }

  private static BerthException endOf(SecretKey key, java.security.Provider berth)
      throws Exception {
    Cipher cipher = Cipher.getInstance("SM4/ECB/PKCS5Padding", berth);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    ProviderException ended =
        assertThrows(ProviderException.class, () -> cipher.doFinal(new byte[1]));
    return assertInstanceOf(BerthException.class, ended.getCause());
  }

  @Test
  void an_agreed_key_ends_when_it_is_destroyed_or_its_worker_ends_and_is_never_another()
      throws Exception {
    SecretKey first = agreed();
    SecretKey second = agreed();
    assertFalse(first.equals(second));
    first.destroy();
    first.destroy();
    assertTrue(first.isDestroyed());
    assertEquals(Reason.STALE_HANDLE, endOf(first, card.berth).reason());
    ProcessView worker = card.broker.worker("card");
    worker.signal("KILL");
    card.broker.awaitWorkerAfter("card", worker);
    assertEquals(Reason.STALE_HANDLE, endOf(second, card.berth).reason());
    SecretKey third = agreed();
    assertFalse(third.equals(second));
    Cipher cipher = Cipher.getInstance("SM4/ECB/PKCS5Padding", card.berth);
    cipher.init(Cipher.ENCRYPT_MODE, third);
    assertEquals(16, cipher.doFinal(new byte[1]).length);
    assertEquals(Reason.STALE_HANDLE, endOf(second, card.berth).reason());
    second.destroy();
    assertTrue(second.isDestroyed(), "it had ended by itself");
    SecretKey wrapped = javax.crypto.KeyGenerator.getInstance("SM4", card.berth).generateKey();
    assertThrows(DestroyFailedException.class, wrapped::destroy);
  }
}
