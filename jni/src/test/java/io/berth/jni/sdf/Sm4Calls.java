// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.nio.ByteBuffer;

/** SDF_Encrypt and SDF_Decrypt from and to arrays, for tests. */
final class Sm4Calls {
  private final SdfLibrary card;

  Sm4Calls(SdfLibrary card) {
    this.card = card;
  }

  int encrypt(
      long session, long key, int algorithm, byte[] iv, byte[] in, byte[] out, int[] length) {
    return cipher(true, session, key, algorithm, iv, in, out, length);
  }

  int decrypt(
      long session, long key, int algorithm, byte[] iv, byte[] in, byte[] out, int[] length) {
    return cipher(false, session, key, algorithm, iv, in, out, length);
  }

  private int cipher(
      boolean encrypt,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      byte[] in,
      byte[] out,
      int[] length) {
    CardMemory from = new CardMemory(in.length);
    CardMemory to = new CardMemory(in.length);
    from.set(ByteBuffer.wrap(in), 0, in.length);
    int code = card.cipher(encrypt, session, key, algorithm, iv, from, in.length, to, length);
    to.get(0, out);
    return code;
  }
}
