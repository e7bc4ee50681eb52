// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.spec.KeySpec;

/**
 * A symmetric key as its device wrapped it: of no use without that device, and so fit to be stored.
 */
public final class WrappedKeySpec implements KeySpec {
  private final String kek;
  private final byte[] blob;

  /**
   * Takes a copy.
   *
   * @param kek the key under which it is wrapped, such as {@code "hsm:payments/kek-1"}; or a pair
   *     for which it was enveloped (GM/T 0018, C1 || C3 || C2)
   */
  public WrappedKeySpec(String kek, byte[] blob) {
    this.kek = kek;
    this.blob = blob.clone();
  }

  /** The key under which it is wrapped. */
  public String kek() {
    return kek;
  }

  /** A copy of the wrapped form. */
  public byte[] blob() {
    return blob.clone();
  }
}
