// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.math.BigInteger;
import java.util.Arrays;

/** Numbers as devices write them: big-endian, of a fixed length. */
final class Numbers {
  private Numbers() {}

  /**
   * A number of 0 or more in that many bytes.
   *
   * @throws IllegalArgumentException if it does not fit
   */
  static byte[] fixed(BigInteger number, int bytes) {
    byte[] plain = number.toByteArray();
    int zeros = plain.length > 1 && plain[0] == 0 ? 1 : 0;
    int length = plain.length - zeros;
    if (number.signum() < 0 || length > bytes) {
      throw new IllegalArgumentException(
          "a number of " + number.bitLength() + " bits: expected 0 to " + 8 * bytes);
    }
    byte[] fixed = new byte[bytes];
    System.arraycopy(plain, zeros, fixed, bytes - length, length);
    Arrays.fill(plain, (byte) 0);
    return fixed;
  }

  /** One behind the other. */
  static byte[] joined(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length = Math.addExact(length, part.length);
    }
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
