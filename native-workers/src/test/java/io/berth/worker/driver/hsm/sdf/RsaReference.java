// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * The RSA key that the card's index has as its signing pair, known to the tests; and Bouncy Castle.
 */
final class RsaReference {
  static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  private static final KeyPair PAIR = generate();

  private RsaReference() {}

  private static KeyPair generate() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static RSAPublicKey publicKey() {
    return (RSAPublicKey) PAIR.getPublic();
  }

  static RSAPrivateKey privateKey() {
    return (RSAPrivateKey) PAIR.getPrivate();
  }

  static String pem() {
    return pem("PRIVATE KEY", PAIR.getPrivate().getEncoded());
  }

  static String publicPem() {
    return pem("PUBLIC KEY", PAIR.getPublic().getEncoded());
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der)
        + "\n-----END "
        + what
        + "-----";
  }
}
