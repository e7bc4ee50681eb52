// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * PSS (RFC 8017, 9.1).
 *
 * @param hash of the message, and of the block
 * @param mgf of the mask
 * @param saltBytes exactly so many
 */
public record Pss(HashAlgorithm hash, HashAlgorithm mgf, int saltBytes) {
  private static final byte[] EIGHT_ZEROS = new byte[8];
  private static final byte TRAILER = (byte) 0xBC;

  /** Whether a modulus has room for hash and salt. */
  public boolean fits(int modulusBits) {
    return saltBytes >= 0 && blockBytes(modulusBits) >= hash.bytes() + (long) saltBytes + 2;
  }

  private static int blockBytes(int modulusBits) {
    return (modulusBits - 1 + 7) / 8;
  }

  /** The block, as long as the modulus. {@link #fits} holds. */
  public byte[] block(byte[] digest, int modulusBits, Hashing hashing, RandomBytes random)
      throws Exception {
    byte[] salt = saltBytes == 0 ? new byte[0] : random.next(saltBytes);
    int blockBytes = blockBytes(modulusBits);
    int maskedBytes = blockBytes - hash.bytes() - 1;
    byte[] block = new byte[(modulusBits + 7) / 8];
    int start = block.length - blockBytes;
    byte[] h = hashing.digest(hash, EIGHT_ZEROS, digest, salt);
    block[start + maskedBytes - saltBytes - 1] = 1;
    System.arraycopy(salt, 0, block, start + maskedBytes - saltBytes, saltBytes);
    Mgf1.apply(hashing, mgf, h, block, start, maskedBytes);
    block[start] &= (byte) firstMask(modulusBits);
    System.arraycopy(h, 0, block, start + maskedBytes, h.length);
    block[block.length - 1] = TRAILER;
    return block;
  }

  /** Whether a block, as long as the modulus, is one of that digest. */
  public boolean isOf(byte[] block, byte[] digest, int modulusBits, Hashing hashing)
      throws Exception {
    int blockBytes = blockBytes(modulusBits);
    int maskedBytes = blockBytes - hash.bytes() - 1;
    int start = block.length - blockBytes;
    if ((start > 0 && block[0] != 0)
        || block[block.length - 1] != TRAILER
        || (block[start] & ~firstMask(modulusBits) & 0xFF) != 0) {
      return false;
    }
    byte[] h = Arrays.copyOfRange(block, start + maskedBytes, start + maskedBytes + hash.bytes());
    byte[] db = Arrays.copyOfRange(block, start, start + maskedBytes);
    Mgf1.apply(hashing, mgf, h, db, 0, maskedBytes);
    db[0] &= (byte) firstMask(modulusBits);
    int saltAt = maskedBytes - saltBytes;
    for (int i = 0; i < saltAt - 1; i++) {
      if (db[i] != 0) {
        return false;
      }
    }
    if (db[saltAt - 1] != 1) {
      return false;
    }
    byte[] salt = Arrays.copyOfRange(db, saltAt, maskedBytes);
    return MessageDigest.isEqual(h, hashing.digest(hash, EIGHT_ZEROS, digest, salt));
  }

  /** Which bits of the block's first byte may be set. */
  private static int firstMask(int modulusBits) {
    return 0xFF >> (8 * blockBytes(modulusBits) - (modulusBits - 1));
  }
}
