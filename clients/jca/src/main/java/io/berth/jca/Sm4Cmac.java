// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.Sm4Mode;
import java.util.Arrays;

/**
 * CMAC (NIST SP 800-38B) out of what SDF cards have: the card's CBC-MAC over the message, whose
 * last block is masked here with a subkey that the card's cipher gave. The masking is no cipher;
 * the subkey is wiped.
 */
final class Sm4Cmac {
  private static final int BLOCK = BlockMode.BLOCK_BYTES;
  private static final byte[] NO_IV = {};

  private Sm4Cmac() {}

  static byte[] of(Sm4 sm4, byte[] message) {
    boolean whole = message.length > 0 && message.length % BLOCK == 0;
    byte[] mask = sm4.encrypt(Sm4Mode.ECB, NO_IV, new byte[BLOCK]).data();
    byte[] masked =
        Arrays.copyOf(message, whole ? message.length : message.length / BLOCK * BLOCK + BLOCK);
    try {
      doubled(mask);
      if (!whole) {
        doubled(mask);
        masked[message.length] = (byte) 0x80;
      }
      int last = masked.length - BLOCK;
      for (int i = 0; i < BLOCK; i++) {
        masked[last + i] ^= mask[i];
      }
      return sm4.mac(masked);
    } finally {
      Arrays.fill(mask, (byte) 0);
      Arrays.fill(masked, (byte) 0);
    }
  }

  /** Times x in GF(2^128), without a branch on its bits. */
  private static void doubled(byte[] block) {
    int top = (block[0] & 0xFF) >>> 7;
    for (int i = 0; i < BLOCK; i++) {
      int next = i + 1 < BLOCK ? (block[i + 1] & 0xFF) >>> 7 : 0;
      block[i] = (byte) ((block[i] << 1) | next);
    }
    block[BLOCK - 1] ^= (byte) (0x87 & -top);
  }
}
