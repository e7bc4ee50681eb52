// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.IOException;
import java.math.BigInteger;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;

/**
 * How a ciphertext of SM2 is written. Devices speak x || y || hash || data, without a mark before
 * the point.
 */
enum Sm2CiphertextForm {
  /** SEQUENCE of x, y, hash and data (GM/T 0009, 7.2): what is meant unless something is said. */
  ASN1,
  /** 0x04 || x || y || hash || data. */
  C1C3C2,
  /** 0x04 || x || y || data || hash: the order of 2010, which Bouncy Castle's "SM2" has. */
  C1C2C3;

  /** No form is longer than its plain text by more: four heads, two signs, the point, the hash. */
  static final int MOST_OVERHEAD_BYTES = 120;

  private static final int POINT = 64;
  private static final int HASH = 32;

  /** An uncompressed point follows. */
  private static final byte[] MARK = {4};

  /** By the middle word of a transformation. */
  static Sm2CiphertextForm named(String mode) throws NoSuchAlgorithmException {
    String upper = mode.toUpperCase(Locale.ROOT);
    if (upper.equals("NONE") || upper.equals("ECB")) {
      return ASN1;
    }
    for (Sm2CiphertextForm each : values()) {
      if (each.name().equals(upper)) {
        return each;
      }
    }
    throw new NoSuchAlgorithmException("SM2/" + mode + ": expected NONE, ASN1, C1C3C2 or C1C2C3");
  }

  byte[] of(byte[] raw) {
    byte[] hash = Arrays.copyOfRange(raw, POINT, POINT + HASH);
    byte[] data = Arrays.copyOfRange(raw, POINT + HASH, raw.length);
    if (this == ASN1) {
      return Der.element(
          Der.SEQUENCE,
          Der.number(Arrays.copyOf(raw, POINT / 2)),
          Der.number(Arrays.copyOfRange(raw, POINT / 2, POINT)),
          Der.element(Der.OCTET_STRING, hash),
          Der.element(Der.OCTET_STRING, data));
    }
    byte[] point = Arrays.copyOf(raw, POINT);
    return this == C1C3C2
        ? Numbers.joined(MARK, point, hash, data)
        : Numbers.joined(MARK, point, data, hash);
  }

  byte[] raw(byte[] written) throws IOException {
    if (this == ASN1) {
      return rawOfAsn1(written);
    }
    int data = written.length - 1 - POINT - HASH;
    if (data < 1 || written[0] != 4) {
      throw new IOException(
          written.length + " bytes, expected 0x04 and " + (POINT + HASH + 1) + " more at least");
    }
    byte[] raw = Arrays.copyOfRange(written, 1, written.length);
    return this == C1C3C2
        ? raw
        : Numbers.joined(
            Arrays.copyOf(raw, POINT),
            Arrays.copyOfRange(raw, POINT + data, raw.length),
            Arrays.copyOfRange(raw, POINT, POINT + data));
  }

  private static byte[] rawOfAsn1(byte[] written) throws IOException {
    Der outer = Der.of(written);
    Der sequence = outer.within(Der.SEQUENCE);
    outer.end();
    BigInteger x = sequence.number();
    BigInteger y = sequence.number();
    byte[] hash = sequence.content(Der.OCTET_STRING);
    byte[] data = sequence.content(Der.OCTET_STRING);
    sequence.end();
    if (hash.length != HASH || data.length == 0 || x.bitLength() > 256 || y.bitLength() > 256) {
      throw new IOException("parts of a wrong length");
    }
    return Numbers.joined(Numbers.fixed(x, POINT / 2), Numbers.fixed(y, POINT / 2), hash, data);
  }
}
