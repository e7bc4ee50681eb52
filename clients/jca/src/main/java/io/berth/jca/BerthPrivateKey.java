// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.PrivateKey;
import java.security.PublicKey;

/** The private half of a pair in a device. */
public abstract class BerthPrivateKey extends BerthKey implements PrivateKey {
  private static final long serialVersionUID = 1L;

  BerthPrivateKey(Access access, String resource, String algorithm) {
    super(access, resource, algorithm);
  }

  /** The public half: an ordinary key, which this provider also verifies with on the device. */
  public abstract PublicKey publicKey();

  @Override
  public final boolean equals(Object other) {
    return other instanceof BerthPrivateKey && isSameName((BerthPrivateKey) other);
  }

  @Override
  public final int hashCode() {
    return resource().hashCode();
  }
}
