// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

import java.util.Arrays;

/** The mask generation function MGF1 (RFC 8017, B.2.1). */
final class Mgf1 {
  private Mgf1() {}

  /** Masks a range of an array in place. */
  static void apply(
      Hashing hashing, HashAlgorithm hash, byte[] seed, byte[] to, int offset, int bytes)
      throws Exception {
    int done = 0;
    for (int counter = 0; done < bytes; counter++) {
      byte[] count = {
        (byte) (counter >>> 24), (byte) (counter >>> 16), (byte) (counter >>> 8), (byte) counter
      };
      byte[] mask = hashing.digest(hash, seed, count);
      int now = Math.min(mask.length, bytes - done);
      for (int i = 0; i < now; i++) {
        to[offset + done + i] ^= mask[i];
      }
      Arrays.fill(mask, (byte) 0);
      done += now;
    }
  }
}
