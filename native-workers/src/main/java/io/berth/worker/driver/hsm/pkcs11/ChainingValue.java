// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.shm.hsm.v1.Mechanism;

/** With what value a block cipher goes on behind a piece, computed here as modules do not tell. */
final class ChainingValue {
  static final int BLOCK_BYTES = 16;

  private ChainingValue() {}

  /**
   * Empty where nothing can follow: behind a broken block, padding or a tag.
   *
   * @param known how it chains; null: not at all
   */
  static ByteString after(
      Mechanisms known, Mechanism mechanism, boolean encrypt, byte[] in, int bytes, byte[] out) {
    if (known == null || bytes == 0 || bytes % BLOCK_BYTES != 0 || out.length != bytes) {
      return bytes == 0 && known == Mechanisms.AES_CBC ? mechanism.getIv() : ByteString.EMPTY;
    }
    return switch (known) {
      case AES_CBC, AES_CFB128 ->
          ByteString.copyFrom(encrypt ? out : in, bytes - BLOCK_BYTES, BLOCK_BYTES);
      case AES_OFB -> {
        byte[] keystream = new byte[BLOCK_BYTES];
        for (int i = 0; i < BLOCK_BYTES; i++) {
          keystream[i] = (byte) (in[bytes - BLOCK_BYTES + i] ^ out[bytes - BLOCK_BYTES + i]);
        }
        yield ByteString.copyFrom(keystream);
      }
      case AES_CTR ->
          plus(mechanism.getIv().toByteArray(), counterBits(mechanism), bytes / BLOCK_BYTES);
      default -> ByteString.EMPTY;
    };
  }

  /** A vendor's mechanism whose parameter is the block alone counts with all of it. */
  private static int counterBits(Mechanism mechanism) {
    return mechanism.getCounterBits() == 0 ? 8 * BLOCK_BYTES : mechanism.getCounterBits();
  }

  /** The last {@code bits} bits are a big-endian number; those before it stay. */
  private static ByteString plus(byte[] block, int bits, int blocks) {
    byte[] sum = block.clone();
    long carry = blocks;
    int left = bits;
    for (int i = sum.length - 1; i >= 0 && carry != 0 && left > 0; i--) {
      int mask = left >= 8 ? 0xFF : (1 << left) - 1;
      carry += sum[i] & mask;
      sum[i] = (byte) ((sum[i] & ~mask) | ((int) carry & mask));
      carry >>>= 8;
      left -= 8;
    }
    return ByteString.copyFrom(sum);
  }
}
