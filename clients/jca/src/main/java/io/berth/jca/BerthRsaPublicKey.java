// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.math.BigInteger;
import java.security.interfaces.RSAPublicKey;

/** An RSA public key whose private half is in a device. */
public final class BerthRsaPublicKey extends BerthPublicKey<RSAPublicKey> implements RSAPublicKey {
  private static final long serialVersionUID = 1L;

  BerthRsaPublicKey(Access access, String resource, RSAPublicKey key) {
    super(access, resource, key);
  }

  @Override
  public BigInteger getModulus() {
    return key().getModulus();
  }

  @Override
  public BigInteger getPublicExponent() {
    return key().getPublicExponent();
  }
}
