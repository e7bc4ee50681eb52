// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.MechanismKey;
import java.security.InvalidKeyException;
import java.security.Key;
import java.util.function.Supplier;

/** Berth's own among the RSA keys that a program hands in, and the way to a token's keys. */
final class RsaKeys {
  private RsaKeys() {}

  static BerthRsaPrivateKey own(java.security.PrivateKey key) throws InvalidKeyException {
    if (!(key instanceof BerthRsaPrivateKey)) {
      throw DeviceSignature.refused("an RSA private key", key);
    }
    return (BerthRsaPrivateKey) key;
  }

  static BerthRsaPublicKey own(java.security.PublicKey key) throws InvalidKeyException {
    if (!isOwnPublic(key)) {
      throw DeviceSignature.refused("an RSA public key", key);
    }
    return (BerthRsaPublicKey) key;
  }

  static boolean isOwnPublic(Key key) {
    return key instanceof BerthRsaPublicKey && ((BerthRsaPublicKey) key).access() != null;
  }

  static Supplier<MechanismKey> at(BerthRsaPrivateKey key) {
    return at(key.access(), key.resource());
  }

  static Supplier<MechanismKey> at(BerthRsaPublicKey key) {
    return at(key.access(), key.resource());
  }

  /** Opened when it is first asked something: whether a broker is there decides for no provider. */
  static Supplier<MechanismKey> at(Access access, String resource) {
    return () -> access.key(resource);
  }
}
