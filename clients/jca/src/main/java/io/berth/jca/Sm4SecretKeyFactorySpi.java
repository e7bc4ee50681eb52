// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.WrappedKey;
import java.security.InvalidKeyException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactorySpi;

/** SM4 keys from and to what is stored of them, their wrapped form. */
final class Sm4SecretKeyFactorySpi extends SecretKeyFactorySpi {
  private final Access access;

  Sm4SecretKeyFactorySpi(Access access) {
    this.access = access;
  }

  @Override
  protected SecretKey engineGenerateSecret(KeySpec spec) throws InvalidKeySpecException {
    if (!(spec instanceof WrappedKeySpec)) {
      throw new InvalidKeySpecException(
          "expected a WrappedKeySpec, found "
              + (spec == null ? "none" : spec.getClass().getName()));
    }
    WrappedKeySpec wrapped = (WrappedKeySpec) spec;
    if (wrapped.blob().length == 0) {
      throw new InvalidKeySpecException("a wrapped key of 0 bytes");
    }
    return new BerthSecretKey(access, wrapped.kek(), "SM4", new WrappedKey(wrapped.blob()));
  }

  @Override
  protected KeySpec engineGetKeySpec(SecretKey key, Class<?> spec) throws InvalidKeySpecException {
    if (!(key instanceof BerthSecretKey) || !((BerthSecretKey) key).isWrapped()) {
      throw new InvalidKeySpecException("expected a wrapped key of Berth");
    }
    if (!spec.isAssignableFrom(WrappedKeySpec.class)) {
      throw new InvalidKeySpecException(
          "a key of Berth is told as WrappedKeySpec only, not as " + spec.getName());
    }
    return ((BerthSecretKey) key).wrappedSpec();
  }

  @Override
  protected SecretKey engineTranslateKey(SecretKey key) throws InvalidKeyException {
    if (!(key instanceof BerthSecretKey)) {
      throw DeviceSignature.refused("a secret key", key);
    }
    return key;
  }
}
