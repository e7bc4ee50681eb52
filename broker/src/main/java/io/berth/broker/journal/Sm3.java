// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import org.bouncycastle.crypto.digests.SM3Digest;

/** SM3 (GB/T 32905) over a sequence of byte arrays. */
final class Sm3 {
  static final int HASH_BYTES = 32;

  private Sm3() {}

  static byte[] hash(byte[]... parts) {
    SM3Digest digest = new SM3Digest();
    for (byte[] part : parts) {
      digest.update(part, 0, part.length);
    }
    byte[] hash = new byte[HASH_BYTES];
    digest.doFinal(hash, 0);
    return hash;
  }
}
