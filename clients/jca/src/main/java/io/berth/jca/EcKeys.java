// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.Key;

/** Berth's own among the keys on elliptic curves. */
final class EcKeys {
  private EcKeys() {}

  static boolean isOwn(Key key) {
    return key instanceof BerthEcPrivateKey && !((BerthEcPrivateKey) key).isSm2();
  }

  static boolean isOwnPublic(Key key) {
    return named(key) != null && !Sm2Curve.isCurveOf(key);
  }

  /** A public key that knows where its private half is; null if this is none. */
  static BerthEcPublicKey named(Key key) {
    return key instanceof BerthEcPublicKey && ((BerthEcPublicKey) key).access() != null
        ? (BerthEcPublicKey) key
        : null;
  }
}
