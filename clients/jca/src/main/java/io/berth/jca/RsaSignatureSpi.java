// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.function.Supplier;

/** RSASSA-PKCS1-v1_5 (RFC 8017, 8.2): with a hash, or NONEwithRSA over what it is given. */
final class RsaSignatureSpi extends DeviceSignature {
  private final Hash hash;
  private Supplier<MechanismKey> key;

  /** With no hash the message is what gets padded. */
  RsaSignatureSpi(Hash hash) {
    this.hash = hash;
  }

  @Override
  Access takeKey(PrivateKey given) throws InvalidKeyException {
    BerthRsaPrivateKey own = RsaKeys.own(given);
    key = RsaKeys.at(own);
    return own.access();
  }

  @Override
  Access takeKey(PublicKey given) throws InvalidKeyException {
    BerthRsaPublicKey own = RsaKeys.own(given);
    key = RsaKeys.at(own);
    return own.access();
  }

  @Override
  Hash hash() {
    return hash;
  }

  private Mechanism mechanism(boolean hashed) {
    return Mechanism.of(hash == null || hashed ? Ckm.RSA_PKCS : hash.rsaPkcs);
  }

  private byte[] padded(byte[] message, boolean hashed) {
    return hashed ? hash.digestInfo(message) : message;
  }

  @Override
  byte[] sign(byte[] message, boolean hashed) {
    return key.get().sign(KeyFamily.RSA, mechanism(hashed), padded(message, hashed));
  }

  @Override
  boolean verify(byte[] message, boolean hashed, byte[] signature) throws SignatureException {
    return key.get().verify(KeyFamily.RSA, mechanism(hashed), padded(message, hashed), signature);
  }

  @Override
  protected void engineSetParameter(AlgorithmParameterSpec spec)
      throws InvalidAlgorithmParameterException {
    if (spec != null) {
      throw new InvalidAlgorithmParameterException(
          "RSA with PKCS #1 padding takes no parameters, found " + spec.getClass().getName());
    }
  }
}
