// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;

/** The little DER that signatures, SM2 ciphertexts and points of PKCS #11 are made of. */
final class Der {
  static final int INTEGER = 0x02;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_IDENTIFIER = 0x06;
  static final int SEQUENCE = 0x30;

  private final byte[] bytes;
  private final int end;
  private int at;

  private Der(byte[] bytes, int at, int end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  static Der of(byte[] bytes) {
    return new Der(bytes, 0, bytes.length);
  }

  /** What is within the next element, which must be of this type. */
  Der within(int tag) throws IOException {
    int from = head(tag);
    return new Der(bytes, from, at);
  }

  /** The content of the next element, which must be of this type. */
  byte[] content(int tag) throws IOException {
    int from = head(tag);
    return Arrays.copyOfRange(bytes, from, at);
  }

  /** The next element, an INTEGER of 0 or more in its shortest form. */
  BigInteger number() throws IOException {
    byte[] content = content(INTEGER);
    if (content.length == 0
        || content[0] < 0
        || (content.length > 1 && content[0] == 0 && content[1] >= 0)) {
      throw new IOException("an INTEGER that is negative or not in its shortest form");
    }
    return new BigInteger(content);
  }

  boolean hasMore() {
    return at != end;
  }

  void end() throws IOException {
    if (at != end) {
      throw new IOException((end - at) + " bytes too many");
    }
  }

  /** Moves behind the next element. Returns where its content begins. */
  private int head(int tag) throws IOException {
    if (end - at < 2 || (bytes[at] & 0xFF) != tag) {
      throw new IOException("element of type " + tag + " expected at " + at);
    }
    int untrustedLength = bytes[at + 1] & 0xFF;
    int from = at + 2;
    if (untrustedLength > 0x7F) {
      int octets = untrustedLength & 0x7F;
      if (octets < 1 || octets > 3 || octets > end - from) {
        throw new IOException("length of " + octets + " octets at " + at);
      }
      untrustedLength = 0;
      for (int i = 0; i < octets; i++) {
        untrustedLength = (untrustedLength << 8) | (bytes[from++] & 0xFF);
      }
      if (untrustedLength >>> (8 * (octets - 1)) == 0 || untrustedLength < 0x80) {
        throw new IOException("a length that is not in its shortest form at " + at);
      }
    }
    if (untrustedLength > end - from) {
      throw new IOException("element of " + untrustedLength + " bytes > " + (end - from));
    }
    at = from + untrustedLength;
    return from;
  }

  /** Of the names that parameters' encodings have, this is the only one here. */
  static void requireAsn1(String format) throws IOException {
    if (format != null && !format.equalsIgnoreCase("ASN.1")) {
      throw new IOException("format " + format + ": expected ASN.1");
    }
  }

  static byte[] element(int tag, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 5);
    out.write(tag);
    if (length > 0x7F) {
      int octets = length > 0xFFFF ? 3 : length > 0xFF ? 2 : 1;
      out.write(0x80 | octets);
      for (int i = octets - 1; i >= 0; i--) {
        out.write(length >>> (8 * i));
      }
    } else {
      out.write(length);
    }
    for (byte[] part : parts) {
      out.write(part, 0, part.length);
    }
    return out.toByteArray();
  }

  /** An INTEGER of 0 or more. */
  static byte[] number(byte[] bigEndian) {
    return element(INTEGER, new BigInteger(1, bigEndian).toByteArray());
  }

  /** Two numbers of equal length as SEQUENCE of two INTEGERs: ECDSA's and SM2's signature. */
  static byte[] pair(byte[] both) {
    int half = both.length / 2;
    return element(
        SEQUENCE,
        number(Arrays.copyOf(both, half)),
        number(Arrays.copyOfRange(both, half, both.length)));
  }

  /** The other way round: r || s, each of that many bytes. */
  static byte[] pair(byte[] encoded, int bytesEach) throws IOException {
    Der outer = of(encoded);
    Der sequence = outer.within(SEQUENCE);
    outer.end();
    BigInteger r = sequence.number();
    BigInteger s = sequence.number();
    sequence.end();
    if (r.bitLength() > 8 * bytesEach || s.bitLength() > 8 * bytesEach) {
      throw new IOException("numbers of more than " + bytesEach + " bytes");
    }
    byte[] both = Arrays.copyOf(Numbers.fixed(r, bytesEach), 2 * bytesEach);
    System.arraycopy(Numbers.fixed(s, bytesEach), 0, both, bytesEach, bytesEach);
    return both;
  }
}
