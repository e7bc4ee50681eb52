// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.hsm.SessionKey;
import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.WrappedKey;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.security.auth.DestroyFailedException;

/**
 * A symmetric key in a device: one that the device keeps under a name, one that it wrapped and
 * unwraps again whenever it is used, or one that was agreed on and ends with {@link #destroy}, with
 * this process or with the device's worker.
 */
public final class BerthSecretKey extends BerthKey implements SecretKey {
  private static final long serialVersionUID = 1L;

  private final transient byte[] wrapped;
  private final transient SessionKey agreed;
  private final transient HeldKeys.Lease lease;
  private transient boolean destroyed;

  /** A key that the device keeps. */
  BerthSecretKey(Access access, String resource, String algorithm) {
    this(access, resource, algorithm, null, null, null);
  }

  /** A key that the device wrapped under {@code kek}. */
  BerthSecretKey(Access access, String kek, String algorithm, WrappedKey wrapped) {
    this(access, kek, algorithm, wrapped.blob(), null, null);
  }

  /** A key that was agreed on with the pair of that name. */
  BerthSecretKey(Access access, String resource, SessionKey agreed, HeldKeys.Lease lease) {
    this(access, resource, "SM4", null, agreed, lease);
  }

  private BerthSecretKey(
      Access access,
      String resource,
      String algorithm,
      byte[] wrapped,
      SessionKey agreed,
      HeldKeys.Lease lease) {
    super(access, resource, algorithm);
    this.wrapped = wrapped;
    this.agreed = agreed;
    this.lease = lease;
  }

  /** Whether it can be stored. */
  boolean isWrapped() {
    return wrapped != null;
  }

  /**
   * What to store of a wrapped key, and how to make the key of it again: {@code
   * SecretKeyFactory.getInstance("SM4", "Berth").generateSecret(spec)}.
   *
   * @throws IllegalStateException if the device keeps this key itself
   */
  public WrappedKeySpec wrappedSpec() {
    if (wrapped == null) {
      throw new IllegalStateException(this + " has no wrapped form: its device keeps it");
    }
    return new WrappedKeySpec(resource(), wrapped);
  }

  /** The ciphers and codes of SM4 with this key, which must be one. */
  Sm4 sm4() {
    return agreed != null ? agreed.sm4() : access().kek(resource()).sm4(new WrappedKey(wrapped));
  }

  /**
   * Ends a key that was agreed on, in its device too.
   *
   * @throws DestroyFailedException if it is another key, or its device could not be told
   */
  @Override
  public synchronized void destroy() throws DestroyFailedException {
    if (lease == null) {
      throw new DestroyFailedException(this + " is kept or wrapped, and not ended by a program");
    }
    if (!destroyed) {
      try {
        lease.end();
        destroyed = true;
      } catch (BerthException e) {
        DestroyFailedException failed = new DestroyFailedException(e.getMessage());
        failed.initCause(e);
        throw failed;
      }
    }
  }

  @Override
  public synchronized boolean isDestroyed() {
    return destroyed;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BerthSecretKey
        && isSameName((BerthSecretKey) other)
        && Arrays.equals(wrapped, ((BerthSecretKey) other).wrapped)
        && agreed == ((BerthSecretKey) other).agreed
        && getAlgorithm().equals(((BerthSecretKey) other).getAlgorithm());
  }

  @Override
  public int hashCode() {
    return resource().hashCode() * 31 + Arrays.hashCode(wrapped);
  }
}
