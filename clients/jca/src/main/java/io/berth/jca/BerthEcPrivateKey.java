// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.KeyUsage;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;

/**
 * A key on an elliptic curve in a device; on the curve of SM2 (GM/T 0003) it signs SM3withSM2. It
 * tells its curve and is no {@code ECPrivateKey}, so that providers which need a number pass it by.
 */
public final class BerthEcPrivateKey extends BerthPrivateKey implements ECKey {
  private static final long serialVersionUID = 1L;

  private final transient BerthEcPublicKey publicKey;

  BerthEcPrivateKey(Access access, String resource, ECPublicKey publicKey) {
    super(access, resource, "EC");
    this.publicKey = new BerthEcPublicKey(access, resource, publicKey);
  }

  @Override
  public ECParameterSpec getParams() {
    return publicKey.getParams();
  }

  boolean isSm2() {
    return Sm2Curve.isCurveOf(this);
  }

  @Override
  public BerthEcPublicKey publicKey() {
    return publicKey;
  }

  /**
   * The public half of the encryption pair, which decrypts and agrees on keys; {@link #publicKey}
   * is that of the signing pair. A name on an SDF card stands for both.
   *
   * @throws IllegalStateException if this is no SM2 key
   * @throws java.security.ProviderException if the device does not tell it
   */
  public ECPublicKey encryptionKey() {
    if (!isSm2()) {
      throw new IllegalStateException(this + " is one pair, and not on the curve of SM2");
    }
    try {
      return Sm2Curve.publicKey(access().sm2(resource()).publicKey(KeyUsage.ENCRYPT));
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }
}
