// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.util.Objects;

/** The lengths that arrays must have before they are handed to native code. */
final class Forms {
  static final int PUBLIC_KEY_BYTES = 64;
  static final int SIGNATURE_BYTES = 64;
  static final int CIPHERTEXT_OVERHEAD_BYTES = 96;
  static final int IV_BYTES = 16;

  /** The largest piece that one call takes, far beyond any card's own limit. */
  static final int DATA_BYTES_MAX = 1 << 30;

  private Forms() {}

  static void symmetric(byte[] iv, byte[] in, int offset, int bytes, int[] outLength) {
    symmetric(iv, outLength);
    range(offset, bytes, in);
  }

  static void symmetric(byte[] iv, int[] outLength) {
    if (iv != null) {
      exactly("IV", iv.length, IV_BYTES);
    }
    exactly("length", outLength.length, 1);
  }

  static void range(int offset, int bytes, byte[] array) {
    Objects.checkFromIndexSize(offset, bytes, array.length);
    if (bytes > DATA_BYTES_MAX) {
      throw new IllegalArgumentException(bytes + " bytes in one call > " + DATA_BYTES_MAX);
    }
  }

  static void publicKey(byte[] publicKey) {
    exactly("public key", publicKey.length, PUBLIC_KEY_BYTES);
  }

  static void signature(byte[] signature) {
    exactly("signature", signature.length, SIGNATURE_BYTES);
  }

  static int keyBytes(int keyBits) {
    if (keyBits <= 0 || keyBits % 8 != 0) {
      throw new IllegalArgumentException("a key of " + keyBits + " bits");
    }
    return keyBits / 8;
  }

  static int wrappedBytes(int keyBits) {
    return CIPHERTEXT_OVERHEAD_BYTES + keyBytes(keyBits);
  }

  static int payloadBytes(byte[] ciphertext) {
    atLeast("ciphertext", ciphertext.length, CIPHERTEXT_OVERHEAD_BYTES);
    range(0, ciphertext.length, ciphertext);
    return ciphertext.length - CIPHERTEXT_OVERHEAD_BYTES;
  }

  static void exactly(String what, int found, int expected) {
    if (found != expected) {
      throw new IllegalArgumentException(
          what + ": array of " + found + " elements, expected " + expected);
    }
  }

  static void atLeast(String what, int found, int expected) {
    if (found < expected) {
      throw new IllegalArgumentException(
          what + ": array of " + found + " elements, expected at least " + expected);
    }
  }
}
