// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;

/** A public key on an elliptic curve whose private half is in a device. */
public final class BerthEcPublicKey extends BerthPublicKey<ECPublicKey> implements ECPublicKey {
  private static final long serialVersionUID = 1L;

  BerthEcPublicKey(Access access, String resource, ECPublicKey key) {
    super(access, resource, key);
  }

  @Override
  public ECPoint getW() {
    return key().getW();
  }

  @Override
  public ECParameterSpec getParams() {
    return key().getParams();
  }
}
