// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

/** The value with which a cipher goes on behind a piece (GB/T 17964). */
final class Chaining {
  private static final int BLOCK = Forms.BLOCK_BYTES;

  private Chaining() {}

  /**
   * The next chaining value.
   *
   * @param lastIn the piece's last block, if that is whole
   * @param lastOut what came out for it
   * @param bytes of the piece
   * @return null for ECB; an array of no bytes behind a broken block, where nothing can follow
   */
  static byte[] next(
      Algorithm mode, boolean encrypt, byte[] iv, byte[] lastIn, byte[] lastOut, int bytes) {
    if (mode == Algorithm.SM4_ECB) {
      return null;
    }
    if (bytes % BLOCK != 0) {
      return new byte[0];
    }
    return switch (mode) {
      case SM4_CBC, SM4_CFB -> encrypt ? lastOut : lastIn;
      case SM4_OFB -> {
        byte[] keystream = new byte[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
          keystream[i] = (byte) (lastIn[i] ^ lastOut[i]);
        }
        yield keystream;
      }
      case SM4_CTR -> plus(iv, bytes / BLOCK);
      default -> throw new IllegalArgumentException(mode + " is no mode of SM4");
    };
  }

  /** The counter as one big-endian number. */
  private static byte[] plus(byte[] counter, int blocks) {
    byte[] sum = counter.clone();
    long carry = blocks;
    for (int i = sum.length - 1; i >= 0 && carry != 0; i--) {
      carry += sum[i] & 0xFF;
      sum[i] = (byte) carry;
      carry >>= 8;
    }
    return sum;
  }
}
