// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.math.BigInteger;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;

/**
 * An RSA key in a device. It tells its modulus, by which JSSE chooses algorithms, and is no {@code
 * RSAPrivateKey}, so that providers which need an exponent pass it by.
 */
public final class BerthRsaPrivateKey extends BerthPrivateKey implements RSAKey {
  private static final long serialVersionUID = 1L;

  private final transient BerthRsaPublicKey publicKey;

  BerthRsaPrivateKey(Access access, String resource, RSAPublicKey publicKey) {
    super(access, resource, "RSA");
    this.publicKey = new BerthRsaPublicKey(access, resource, publicKey);
  }

  @Override
  public BigInteger getModulus() {
    return publicKey.getModulus();
  }

  /**
   * Null: it is not bound to parameters. Since JDK 22 both interfaces of this key have such a
   * method, and a class without one of its own would fail when it is asked.
   */
  @Override
  public AlgorithmParameterSpec getParams() {
    return null;
  }

  @Override
  public BerthRsaPublicKey publicKey() {
    return publicKey;
  }
}
