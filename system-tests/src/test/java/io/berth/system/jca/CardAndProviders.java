// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import io.berth.client.BerthClient;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.jca.BerthProvider;
import io.berth.jca.WrappedKeySpec;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.jcajce.provider.asymmetric.util.ECUtil;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** A software card behind a broker, our provider for it, and Bouncy Castle to compare with. */
final class CardAndProviders {
  static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();

  final RunningBroker broker;
  final BerthProvider berth;
  final KeyStore keys;

  private CardAndProviders(RunningBroker broker, BerthProvider berth, KeyStore keys) {
    this.broker = broker;
    this.berth = berth;
    this.keys = keys;
  }

  static CardAndProviders start(Brokers brokers) throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    return of(brokers.start(setup).awaitServing("hsm:card"));
  }

  static CardAndProviders of(RunningBroker broker) throws Exception {
    BerthProvider berth = new BerthProvider(settings(broker) + ",kek=hsm:card/kek-1");
    KeyStore keys = KeyStore.getInstance("Berth", berth);
    keys.load(null, null);
    return new CardAndProviders(broker, berth, keys);
  }

  static String settings(RunningBroker broker) {
    return "socket=" + broker.socket() + ",device=hsm:card,timeout_ms=60000";
  }

  PrivateKey privateKey(String alias) throws GeneralSecurityException {
    return (PrivateKey) keys.getKey(alias, null);
  }

  /** The public half, of Berth. */
  PublicKey publicKey(String alias) throws GeneralSecurityException {
    return ((io.berth.jca.BerthPrivateKey) privateKey(alias)).publicKey();
  }

  /** The public half as Bouncy Castle's own key. */
  PublicKey theirPublicKey(String alias) throws GeneralSecurityException {
    return KeyFactory.getInstance("EC", BOUNCY_CASTLE)
        .generatePublic(new X509EncodedKeySpec(publicKey(alias).getEncoded()));
  }

  /** The public half of a name's encryption pair, as Bouncy Castle's own key. */
  PublicKey theirEncryptionKey(String alias) throws GeneralSecurityException {
    byte[] encoded = publicKey(alias).getEncoded();
    try (BerthClient client = broker.client("test");
        HsmKey key = HsmKey.open(client, "hsm:card/" + alias).withTimeout(Duration.ofSeconds(60))) {
      io.berth.client.hsm.Sm2PublicKey pair = key.publicKey(KeyUsage.ENCRYPT);
      System.arraycopy(pair.x(), 0, encoded, encoded.length - 64, 32);
      System.arraycopy(pair.y(), 0, encoded, encoded.length - 32, 32);
    }
    return KeyFactory.getInstance("EC", BOUNCY_CASTLE)
        .generatePublic(new X509EncodedKeySpec(encoded));
  }

  /**
   * A key that Bouncy Castle knows in the clear, and the card in an envelope for one of its pairs.
   */
  SecretKey known(byte[] clear) throws Exception {
    ECPublicKeyParameters pair =
        (ECPublicKeyParameters) ECUtil.generatePublicKeyParameter(theirEncryptionKey("sign-1"));
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(true, new ParametersWithRandom(pair, new SecureRandom()));
    byte[] marked = engine.processBlock(clear, 0, clear.length);
    WrappedKeySpec spec =
        new WrappedKeySpec("hsm:card/sign-1", Arrays.copyOfRange(marked, 1, marked.length));
    return SecretKeyFactory.getInstance("SM4", berth).generateSecret(spec);
  }
}
