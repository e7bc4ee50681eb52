// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.PublicKey;
import java.util.Arrays;

/**
 * An ordinary public key that knows where its private half is.
 *
 * @param <K> the interface of its algorithm
 */
public abstract class BerthPublicKey<K extends PublicKey> implements PublicKey {
  private static final long serialVersionUID = 1L;

  private final K key;
  private final transient Access access;
  private final transient String resource;

  BerthPublicKey(Access access, String resource, K key) {
    this.access = access;
    this.resource = resource;
    this.key = key;
  }

  /** Another provider's key with the same numbers. */
  final K key() {
    return key;
  }

  /** Null once it has been serialised: what is left is an ordinary key. */
  final Access access() {
    return access;
  }

  final String resource() {
    return resource;
  }

  @Override
  public final String getAlgorithm() {
    return key.getAlgorithm();
  }

  @Override
  public final String getFormat() {
    return key.getFormat();
  }

  @Override
  public final byte[] getEncoded() {
    return key.getEncoded();
  }

  /** Whoever's the other is: it is the same key if it has the same encoded form. */
  @Override
  public final boolean equals(Object other) {
    return other instanceof PublicKey
        && Arrays.equals(((PublicKey) other).getEncoded(), getEncoded());
  }

  @Override
  public final int hashCode() {
    return key.hashCode();
  }

  @Override
  public final String toString() {
    return key.toString();
  }
}
