// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.function.Supplier;

/**
 * RSASSA-PSS (RFC 8017, 8.1). Parameters must be set, as with the JDK's own. On Java 8 they may
 * have to be set before the key: that is allowed.
 */
final class PssSignatureSpi extends DeviceSignature {
  private Supplier<MechanismKey> key;
  private Access access;
  private PSSParameterSpec parameters;
  private Hash hash;
  private Hash mgf;

  @Override
  Access takeKey(PrivateKey given) throws InvalidKeyException {
    BerthRsaPrivateKey own = RsaKeys.own(given);
    key = RsaKeys.at(own);
    access = own.access();
    return access;
  }

  @Override
  Access takeKey(PublicKey given) throws InvalidKeyException {
    BerthRsaPublicKey own = RsaKeys.own(given);
    key = RsaKeys.at(own);
    access = own.access();
    return access;
  }

  @Override
  Hash hash() {
    return hash;
  }

  private Mechanism mechanism(boolean hashed) throws SignatureException {
    if (parameters == null) {
      throw new SignatureException("RSASSA-PSS needs its parameters: a PSSParameterSpec");
    }
    return Mechanism.of(hashed ? Ckm.RSA_PKCS_PSS : hash.rsaPss)
        .withPss(hash.mechanism, mgf.mgf, parameters.getSaltLength());
  }

  @Override
  byte[] sign(byte[] message, boolean hashed) throws SignatureException {
    Mechanism pss = mechanism(hashed);
    return key.get().sign(KeyFamily.RSA, pss, message);
  }

  @Override
  boolean verify(byte[] message, boolean hashed, byte[] signature) throws SignatureException {
    Mechanism pss = mechanism(hashed);
    return key.get().verify(KeyFamily.RSA, pss, message, signature);
  }

  @Override
  protected void engineSetParameter(AlgorithmParameterSpec spec)
      throws InvalidAlgorithmParameterException {
    if (!(spec instanceof PSSParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "expected a PSSParameterSpec, found "
              + (spec == null ? "none" : spec.getClass().getName()));
    }
    PSSParameterSpec given = (PSSParameterSpec) spec;
    AlgorithmParameterSpec function = given.getMGFParameters();
    if (!given.getMGFAlgorithm().equalsIgnoreCase("MGF1")
        || !(function instanceof MGF1ParameterSpec)
        || given.getTrailerField() != 1) {
      throw new InvalidAlgorithmParameterException(
          "expected MGF1 and trailer 1, found "
              + given.getMGFAlgorithm()
              + " and "
              + given.getTrailerField());
    }
    String functionHash = ((MGF1ParameterSpec) function).getDigestAlgorithm();
    Hash digest = Hash.named(given.getDigestAlgorithm());
    Hash mask = Hash.named(functionHash);
    if (digest == null || mask == null) {
      throw new InvalidAlgorithmParameterException(
          "expected SHA-1 to SHA-512, found "
              + given.getDigestAlgorithm()
              + " and "
              + functionHash);
    }
    boolean otherHash = hash != digest;
    parameters = given;
    hash = digest;
    mgf = mask;
    if (otherHash && access != null) {
      restart(access);
    }
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    if (parameters == null) {
      return null;
    }
    try {
      AlgorithmParameters encoded = AlgorithmParameters.getInstance("RSASSA-PSS");
      encoded.init(parameters);
      return encoded;
    } catch (GeneralSecurityException e) {
      throw new ProviderException(e);
    }
  }
}
