// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import java.io.IOException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * ECDSA: the token signs a digest (CKM_ECDSA, which every token has), and makes the digest too
 * unless the settings leave that to the JDK. The signature is a SEQUENCE of r and s, or r || s
 * (IEEE P1363).
 */
final class EcdsaSignatureSpi extends DeviceSignature {
  private final Hash hash;
  private final boolean plain;
  private Supplier<MechanismKey> key;
  private Access access;
  private String resource;
  private ECParameterSpec curve;
  private int orderBytes;

  /**
   * Makes one.
   *
   * @param hash null: what is given is the digest
   * @param plain r || s instead of DER
   */
  EcdsaSignatureSpi(Hash hash, boolean plain) {
    this.hash = hash;
    this.plain = plain;
  }

  @Override
  Access takeKey(PrivateKey given) throws InvalidKeyException {
    if (!EcKeys.isOwn(given)) {
      throw refused("an EC private key", given);
    }
    BerthEcPrivateKey own = (BerthEcPrivateKey) given;
    return take(own.access(), own.resource(), own);
  }

  @Override
  Access takeKey(PublicKey given) throws InvalidKeyException {
    if (!EcKeys.isOwnPublic(given)) {
      throw refused("an EC public key", given);
    }
    BerthEcPublicKey own = (BerthEcPublicKey) given;
    return take(own.access(), own.resource(), own);
  }

  private Access take(Access keys, String name, ECKey own) {
    key = RsaKeys.at(keys, name);
    access = keys;
    resource = name;
    curve = own.getParams();
    orderBytes = (curve.getOrder().bitLength() + 7) / 8;
    return keys;
  }

  @Override
  Hash hash() {
    return hash;
  }

  /** What the token takes: a digest, not longer than the curve's order (FIPS 186-4, 6.4). */
  private byte[] digest(byte[] message, boolean hashed) {
    byte[] digest =
        hash == null || hashed
            ? message
            : access.token(resource).digest(Mechanism.of(hash.mechanism), message);
    return digest.length > orderBytes ? Arrays.copyOf(digest, orderBytes) : digest;
  }

  @Override
  byte[] sign(byte[] message, boolean hashed) throws SignatureException {
    byte[] both = key.get().sign(KeyFamily.EC, Mechanism.of(Ckm.ECDSA), digest(message, hashed));
    if (both.length != 2 * orderBytes) {
      throw new SignatureException(
          resource + ": signature of " + both.length + " bytes: expected " + 2 * orderBytes);
    }
    return plain ? both : Der.pair(both);
  }

  @Override
  boolean verify(byte[] message, boolean hashed, byte[] signature) throws SignatureException {
    byte[] both = signature;
    if (!plain) {
      try {
        both = Der.pair(signature, orderBytes);
      } catch (IOException e) {
        throw new SignatureException("no ECDSA signature: " + e.getMessage(), e);
      }
    } else if (signature.length != 2 * orderBytes) {
      throw new SignatureException(
          "signature of " + signature.length + " bytes: expected " + 2 * orderBytes);
    }
    return key.get().verify(KeyFamily.EC, Mechanism.of(Ckm.ECDSA), digest(message, hashed), both);
  }

  /** JSSE names the curve; it must be the key's. */
  @Override
  protected void engineSetParameter(AlgorithmParameterSpec spec)
      throws InvalidAlgorithmParameterException {
    boolean fits =
        spec == null
            || (spec instanceof ECParameterSpec
                && (curve == null || ((ECParameterSpec) spec).getCurve().equals(curve.getCurve())));
    if (!fits) {
      throw new InvalidAlgorithmParameterException(
          "expected the curve of the key, found " + spec.getClass().getName());
    }
  }
}
