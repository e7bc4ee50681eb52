// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.security.Key;

/**
 * A key that never leaves its device: its name at the broker, and the way there. It has no encoded
 * form and cannot be serialised. Immutable; any thread.
 */
public abstract class BerthKey implements Key {
  private static final long serialVersionUID = 1L;

  private final transient Access access;
  private final transient String resource;
  private final transient String algorithm;

  BerthKey(Access access, String resource, String algorithm) {
    this.access = access;
    this.resource = resource;
    this.algorithm = algorithm;
  }

  /** What the broker calls it, such as {@code "hsm:payments/sign-key-1"}. */
  public final String resource() {
    return resource;
  }

  @Override
  public final String getAlgorithm() {
    return algorithm;
  }

  /** Null: it has no encoded form. */
  @Override
  public final String getFormat() {
    return null;
  }

  /** Null: it has no encoded form. */
  @Override
  public final byte[] getEncoded() {
    return null;
  }

  final Access access() {
    return access;
  }

  /** Whether the other is the same name of the same broker. */
  final boolean isSameName(BerthKey other) {
    return other.access == access && other.resource.equals(resource);
  }

  @Override
  public String toString() {
    return algorithm + " key " + resource;
  }

  private void writeObject(ObjectOutputStream out) throws NotSerializableException {
    throw new NotSerializableException(this + " stays in its device");
  }

  private void readObject(ObjectInputStream in) throws NotSerializableException {
    throw new NotSerializableException("keys of Berth are not read from streams");
  }
}
