// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.math.BigInteger;

/**
 * An RSA public key as cards give it.
 *
 * @param modulus positive, odd
 * @param exponent greater than 1, odd
 */
public record RsaPublicKey(BigInteger modulus, BigInteger exponent) {
  /** The longest modulus that a card's structures hold. */
  public static final int BITS_MAX = 4096;

  static final int FIELD_BYTES = BITS_MAX / 8;
  static final int BYTES = 2 * FIELD_BYTES;

  private static final int BITS_MIN = 512;

  /** Refuses numbers that are no key. */
  public RsaPublicKey {
    if (modulus.signum() <= 0
        || modulus.bitLength() < BITS_MIN
        || modulus.bitLength() > BITS_MAX
        || !modulus.testBit(0)) {
      throw new IllegalArgumentException("RSA modulus of " + modulus.bitLength() + " bits");
    }
    if (exponent.bitLength() < 2
        || exponent.signum() <= 0
        || !exponent.testBit(0)
        || exponent.compareTo(modulus) >= 0) {
      throw new IllegalArgumentException("RSA exponent " + exponent);
    }
  }

  /** Null: not a key, or not of that many bits. */
  static RsaPublicKey of(int bits, byte[] ne) {
    BigInteger modulus = new BigInteger(1, ne, 0, FIELD_BYTES);
    if (modulus.bitLength() != bits) {
      return null;
    }
    try {
      return new RsaPublicKey(modulus, new BigInteger(1, ne, FIELD_BYTES, FIELD_BYTES));
    } catch (IllegalArgumentException e) {
      return null; // As a card of another dialect would give it; the caller answers for that.
    }
  }

  public int bits() {
    return modulus.bitLength();
  }

  /** What every message and signature under it has. */
  public int bytes() {
    return (bits() + 7) / 8;
  }

  byte[] toFields() {
    byte[] ne = new byte[BYTES];
    put(modulus, ne, FIELD_BYTES);
    put(exponent, ne, BYTES);
    return ne;
  }

  private static void put(BigInteger number, byte[] ne, int end) {
    byte[] bytes = number.toByteArray();
    int skip = bytes.length > FIELD_BYTES ? bytes.length - FIELD_BYTES : 0;
    System.arraycopy(bytes, skip, ne, end - bytes.length + skip, bytes.length - skip);
  }
}
