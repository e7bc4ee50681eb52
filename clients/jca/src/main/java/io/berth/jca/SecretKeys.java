// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.InvalidKeyException;
import java.security.Key;

/** Berth's own among the symmetric keys that a program hands in. */
final class SecretKeys {
  private SecretKeys() {}

  /** Whether an algorithm can be worked with this key: of Berth, and made for it. */
  static boolean isOwn(String algorithm, Key key) {
    return key instanceof BerthSecretKey
        && (key.getAlgorithm().equals(algorithm)
            || (algorithm.equals("HmacSM3") && key.getAlgorithm().equals("SM4"))
            || (algorithm.startsWith("HmacSHA") && key.getAlgorithm().equals("Generic")));
  }

  static BerthSecretKey own(String algorithm, Key key) throws InvalidKeyException {
    if (!isOwn(algorithm, key)) {
      throw DeviceSignature.refused("a secret key for " + algorithm, key);
    }
    return (BerthSecretKey) key;
  }
}
