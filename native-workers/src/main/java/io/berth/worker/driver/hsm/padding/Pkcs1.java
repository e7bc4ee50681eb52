// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

import java.util.Arrays;

/** PKCS #1 v1.5 (RFC 8017, 7.2 and 9.2). */
public final class Pkcs1 {
  /** What a block has besides its message. */
  public static final int OVERHEAD_BYTES = 11;

  private static final int PADDING_BYTES_LEAST = 8;

  private Pkcs1() {}

  /** The block that is signed: 0, 1, FF…, 0, data. {@code data} fits. */
  public static byte[] signatureBlock(byte[] data, int modulusBytes) {
    byte[] block = new byte[modulusBytes];
    Arrays.fill(block, 2, modulusBytes - data.length - 1, (byte) 0xFF);
    block[1] = 1;
    System.arraycopy(data, 0, block, modulusBytes - data.length, data.length);
    return block;
  }

  /** The block that is encrypted: 0, 2, random without zeros, 0, data. {@code data} fits. */
  public static byte[] encryptionBlock(byte[] data, int modulusBytes, RandomBytes random)
      throws Exception {
    byte[] block = new byte[modulusBytes];
    block[1] = 2;
    int end = modulusBytes - data.length - 1;
    int at = 2;
    while (at < end) {
      byte[] some = random.next(end - at);
      for (byte each : some) {
        if (each != 0) {
          block[at++] = each;
        }
      }
    }
    System.arraycopy(data, 0, block, modulusBytes - data.length, data.length);
    return block;
  }

  /**
   * The message in a block, or null for any that is not of the form. Reads the whole block whatever
   * is wrong with it, so that time tells no more than the answer.
   */
  public static byte[] message(byte[] block) {
    int bad = block[0] | (block[1] ^ 2);
    int end = 0; // Of the padding: where the first zero stands, once it is found.
    int found = 0;
    for (int i = 2; i < block.length; i++) {
      int zero = ((block[i] & 0xFF) - 1) >> 31; // All ones for a zero.
      end |= i & zero & ~found;
      found |= zero;
    }
    bad |= ~found;
    bad |= (end - (2 + PADDING_BYTES_LEAST)) >> 31;
    return bad != 0 ? null : Arrays.copyOfRange(block, end + 1, block.length);
  }
}
