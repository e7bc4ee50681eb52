// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

import java.util.Arrays;

/**
 * OAEP (RFC 8017, 7.1).
 *
 * @param hash of the label
 * @param mgf of the masks
 * @param label mostly empty
 */
@SuppressWarnings("ArrayRecordComponent") // Made for one request, and compared with nothing.
public record Oaep(HashAlgorithm hash, HashAlgorithm mgf, byte[] label) {
  /** The longest message, negative if the modulus is too short for any. */
  public int messageBytesMost(int modulusBytes) {
    return modulusBytes - 2 * hash.bytes() - 2;
  }

  /** The block, as long as the modulus. The message fits. */
  public byte[] block(byte[] message, int modulusBytes, Hashing hashing, RandomBytes random)
      throws Exception {
    byte[] seed = random.next(hash.bytes());
    byte[] block = new byte[modulusBytes];
    int dbAt = 1 + seed.length;
    byte[] labelHash = hashing.digest(hash, label);
    System.arraycopy(labelHash, 0, block, dbAt, labelHash.length);
    block[modulusBytes - message.length - 1] = 1;
    System.arraycopy(message, 0, block, modulusBytes - message.length, message.length);
    Mgf1.apply(hashing, mgf, seed, block, dbAt, modulusBytes - dbAt);
    System.arraycopy(seed, 0, block, 1, seed.length);
    byte[] masked = Arrays.copyOfRange(block, dbAt, modulusBytes);
    Mgf1.apply(hashing, mgf, masked, block, 1, seed.length);
    Arrays.fill(seed, (byte) 0);
    return block;
  }

  /**
   * The message in a block, or null for any that is not of the form. All of it is looked at,
   * whatever is wrong (Manger 2001).
   */
  public byte[] message(byte[] block, Hashing hashing) throws Exception {
    int hashBytes = hash.bytes();
    int dbAt = 1 + hashBytes;
    byte[] labelHash = hashing.digest(hash, label);
    byte[] seed = Arrays.copyOfRange(block, 1, dbAt);
    byte[] db = Arrays.copyOfRange(block, dbAt, block.length);
    Mgf1.apply(hashing, mgf, db, seed, 0, hashBytes);
    Mgf1.apply(hashing, mgf, seed, db, 0, db.length);
    int bad = block[0];
    for (int i = 0; i < hashBytes; i++) {
      bad |= db[i] ^ labelHash[i];
    }
    int end = 0;
    int found = 0;
    for (int i = hashBytes; i < db.length; i++) {
      int set = -(db[i] & 0xFF) >> 31; // All ones for what is not zero: the first must be 1.
      end |= i & set & ~found;
      bad |= (db[i] ^ 1) & set & ~found;
      found |= set;
    }
    bad |= ~found;
    byte[] message = bad != 0 ? null : Arrays.copyOfRange(db, end + 1, db.length);
    Arrays.fill(db, (byte) 0);
    Arrays.fill(seed, (byte) 0);
    return message;
  }
}
