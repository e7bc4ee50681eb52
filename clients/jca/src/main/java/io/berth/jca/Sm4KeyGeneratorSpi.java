// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidParameterException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;

/**
 * Makes SM4 keys in the device, wrapped under a key of the device: a KekParameterSpec's, or the
 * settings'.
 */
final class Sm4KeyGeneratorSpi extends KeyGeneratorSpi {
  private static final int KEY_BITS = 128;

  private final Access access;
  private String kek;

  Sm4KeyGeneratorSpi(Access access) {
    this.access = access;
    this.kek = access.settings().kek();
  }

  /** Does nothing: the device has random numbers of its own. */
  @Override
  protected void engineInit(SecureRandom random) {}

  @Override
  protected void engineInit(AlgorithmParameterSpec spec, SecureRandom random)
      throws InvalidAlgorithmParameterException {
    if (!(spec instanceof KekParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "expected a KekParameterSpec, found "
              + (spec == null ? "none" : spec.getClass().getName()));
    }
    kek = ((KekParameterSpec) spec).kek();
  }

  @Override
  protected void engineInit(int bits, SecureRandom random) {
    if (bits != KEY_BITS) {
      throw new InvalidParameterException("SM4 key of " + bits + " bits: expected " + KEY_BITS);
    }
  }

  @Override
  protected SecretKey engineGenerateKey() {
    if (kek == null) {
      throw new IllegalStateException(
          "no key to wrap under: initialise with a KekParameterSpec, or configure kek=hsm:DEVICE/NAME");
    }
    try {
      return new BerthSecretKey(access, kek, "SM4", access.kek(kek).generateKey());
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }
}
