// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.spec.AlgorithmParameterSpec;

/** For SM3withSM2: the signer's id, which goes into Z (GM/T 0003.2, 5.5). */
public final class SignerIdSpec implements AlgorithmParameterSpec {
  private final byte[] id;

  /**
   * Takes a copy.
   *
   * @param id 1 to 8191 bytes; who names none signs as "1234567812345678" (GM/T 0009). The id
   *     travels in the request: a broker whose {@code max_inline_bytes} is 4096, as it is unless
   *     configured, takes up to 3900, and refuses a longer one when it is used
   */
  public SignerIdSpec(byte[] id) {
    if (id.length < 1 || id.length > 8191) {
      throw new IllegalArgumentException(
          "signer's id of " + id.length + " bytes: expected 1 to 8191");
    }
    this.id = id.clone();
  }

  /** A copy of the id. */
  public byte[] id() {
    return id.clone();
  }
}
