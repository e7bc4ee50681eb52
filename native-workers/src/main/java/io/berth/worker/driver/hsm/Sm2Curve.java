// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import java.math.BigInteger;

/** SM2's curve (GM/T 0003.5-2012): y² = x³ + ax + b over the field of p elements. */
public final class Sm2Curve {
  /** Of a coordinate. */
  public static final int NUMBER_BYTES = 32;

  private static final BigInteger P =
      hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF");
  private static final BigInteger A =
      hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC");
  private static final BigInteger B =
      hex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93");

  private Sm2Curve() {}

  private static BigInteger hex(String text) {
    return new BigInteger(text, 16);
  }

  /**
   * Whether x ‖ y, 64 bytes big-endian, is a point of the curve. Public: it takes as long as it
   * takes.
   */
  public static boolean has(byte[] xy) {
    BigInteger x = new BigInteger(1, xy, 0, NUMBER_BYTES);
    BigInteger y = new BigInteger(1, xy, NUMBER_BYTES, NUMBER_BYTES);
    BigInteger right = x.multiply(x).add(A).multiply(x).add(B);
    return x.compareTo(P) < 0
        && y.compareTo(P) < 0
        && y.multiply(y).subtract(right).mod(P).signum() == 0;
  }
}
