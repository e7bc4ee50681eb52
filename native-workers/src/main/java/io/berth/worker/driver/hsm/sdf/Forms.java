// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.worker.driver.RequestException;
import java.util.Arrays;

/** Checks the sizes of what clients send, and brings it into the form that the card takes. */
final class Forms {
  static final int NUMBER_BYTES = 32;
  static final int DIGEST_BYTES = 32;
  static final int BLOCK_BYTES = 16;
  static final int SM4_KEY_BITS = 128;
  static final int HMAC_KEY_BITS = 256;

  /** GM/T 0009-2012, 10: the id of a signer who has none. */
  private static final byte[] DEFAULT_ID = "1234567812345678".getBytes(US_ASCII);

  /** Its length in bits stands in two bytes of Z. */
  private static final int ID_BYTES_MAX = 8191;

  private Forms() {}

  static byte[] publicKey(Sm2PublicKey key) throws RequestException {
    exactly("public_key.x", key.getX().size(), NUMBER_BYTES);
    exactly("public_key.y", key.getY().size(), NUMBER_BYTES);
    return joined(key.getX(), key.getY());
  }

  static Sm2PublicKey publicKey(byte[] xy) {
    return Sm2PublicKey.newBuilder()
        .setX(UnsafeByteOperations.unsafeWrap(xy, 0, NUMBER_BYTES))
        .setY(UnsafeByteOperations.unsafeWrap(xy, NUMBER_BYTES, NUMBER_BYTES))
        .build();
  }

  static byte[] signature(Sm2Signature signature) throws RequestException {
    exactly("signature.r", signature.getR().size(), NUMBER_BYTES);
    exactly("signature.s", signature.getS().size(), NUMBER_BYTES);
    return joined(signature.getR(), signature.getS());
  }

  static Sm2Signature signature(byte[] rs) {
    return Sm2Signature.newBuilder()
        .setR(UnsafeByteOperations.unsafeWrap(rs, 0, NUMBER_BYTES))
        .setS(UnsafeByteOperations.unsafeWrap(rs, NUMBER_BYTES, NUMBER_BYTES))
        .build();
  }

  private static byte[] joined(ByteString first, ByteString second) {
    byte[] both = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    first.copyTo(both, 0);
    second.copyTo(both, NUMBER_BYTES);
    return both;
  }

  static byte[] signerId(ByteString id) throws RequestException {
    if (id.size() > ID_BYTES_MAX) {
      throw RequestException.invalid("id of " + id.size() + " bytes > " + ID_BYTES_MAX);
    }
    return id.isEmpty() ? DEFAULT_ID.clone() : id.toByteArray();
  }

  /** The initialisation vector; empty is zeros where {@code emptyAllowed}. */
  static byte[] iv(ByteString iv, boolean emptyAllowed) throws RequestException {
    if (iv.isEmpty() && emptyAllowed) {
      return new byte[BLOCK_BYTES];
    }
    exactly("iv", iv.size(), BLOCK_BYTES);
    return iv.toByteArray();
  }

  /** A session key's length: SM4's only one, or twice that for HMAC-SM3. */
  static void keyBits(int bits) throws RequestException {
    if (bits != SM4_KEY_BITS && bits != HMAC_KEY_BITS) {
      throw SdfErrors.invalid(
          SdfStatus.SDR_INARGERR,
          "key of "
              + bits
              + " bits, expected "
              + SM4_KEY_BITS
              + " (SM4, HMAC-SM3) or "
              + HMAC_KEY_BITS
              + " (HMAC-SM3)");
    }
  }

  /** That a key is one of SM4: some cards would take a part of a longer one. */
  static void sm4KeyBits(int bits) throws RequestException {
    if (bits != SM4_KEY_BITS) {
      throw SdfErrors.invalid(
          SdfStatus.SDR_KEYTYPEERR,
          "a key of " + bits + " bits is no key of SM4, which has " + SM4_KEY_BITS);
    }
  }

  static void exactly(String what, int found, int expected) throws RequestException {
    if (found != expected) {
      throw RequestException.invalid(what + ": " + found + " bytes, expected " + expected);
    }
  }

  static void wholeBlocks(String what, int bytes) throws RequestException {
    if (bytes % BLOCK_BYTES != 0) {
      throw RequestException.invalid(
          what
              + ": "
              + bytes
              + " bytes, expected a multiple of "
              + BLOCK_BYTES
              + "; nothing is padded here");
    }
  }

  static void wipe(byte[]... secrets) {
    for (byte[] secret : secrets) {
      if (secret != null) {
        Arrays.fill(secret, (byte) 0);
      }
    }
  }
}
