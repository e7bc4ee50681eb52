// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Output;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;

/** SM2's numbers in the forms of the protocol and of vendors' modules. */
final class Sm2Forms {
  static final int NUMBER_BYTES = 32;

  private static final int CIPHERTEXT_OVERHEAD_BYTES = 96;
  private static final byte UNCOMPRESSED = 4;
  private static final int SEQUENCE = 0x30;
  private static final int INTEGER = 0x02;
  private static final int OCTET_STRING = 0x04;

  /** Its length in bits stands in two bytes of Z. */
  private static final int ID_BYTES_MAX = 8191;

  /** GM/T 0009-2012, 10: the id of a signer who has none. */
  private static final byte[] DEFAULT_ID = "1234567812345678".getBytes(US_ASCII);

  /** GM/T 0003.5-2012: a, b, and the base point's coordinates, as they enter Z. */
  private static final byte[] CURVE =
      HexFormat.of()
          .parseHex(
              "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
                  + "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
                  + "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
                  + "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0");

  private Sm2Forms() {}

  static void exactly(String what, int found, int expected) throws RequestException {
    if (found != expected) {
      throw RequestException.invalid(what + ": " + found + " bytes, expected " + expected);
    }
  }

  /** What Z is the SM3 of (GM/T 0003.2, 5.5). */
  static byte[] identity(ByteString id, byte[] xy) throws RequestException {
    if (id.size() > ID_BYTES_MAX) {
      throw RequestException.invalid("id of " + id.size() + " bytes > " + ID_BYTES_MAX);
    }
    byte[] name = id.isEmpty() ? DEFAULT_ID : id.toByteArray();
    ByteArrayOutputStream identity = new ByteArrayOutputStream();
    identity.write((name.length * 8) >> 8);
    identity.write(name.length * 8);
    identity.writeBytes(name);
    identity.writeBytes(CURVE);
    identity.writeBytes(xy);
    return identity.toByteArray();
  }

  static byte[] point(Sm2PublicKey key) throws RequestException {
    exactly("public_key.x", key.getX().size(), NUMBER_BYTES);
    exactly("public_key.y", key.getY().size(), NUMBER_BYTES);
    return key.getX().concat(key.getY()).toByteArray();
  }

  /** CKA_EC_POINT: 04‖x‖y in an OCTET STRING as the standard has it, bare, or x‖y alone. */
  static byte[] point(byte[] xy, Output output) {
    int head = output == Output.DER ? 3 : output == Output.RAW04 ? 1 : 0;
    byte[] point = new byte[head + xy.length];
    if (head == 3) {
      point[0] = OCTET_STRING;
      point[1] = (byte) (1 + xy.length);
    }
    if (head > 0) {
      point[head - 1] = UNCOMPRESSED;
    }
    System.arraycopy(xy, 0, point, head, xy.length);
    return point;
  }

  static Sm2PublicKey publicKey(byte[] xy) {
    return Sm2PublicKey.newBuilder()
        .setX(ByteString.copyFrom(xy, 0, NUMBER_BYTES))
        .setY(ByteString.copyFrom(xy, NUMBER_BYTES, NUMBER_BYTES))
        .build();
  }

  /** x‖y out of CKA_EC_POINT, which is 04‖x‖y, in an OCTET STRING or, with some vendors, bare. */
  static byte[] coordinates(byte[] point) throws Pkcs11Exception {
    int bytes = 1 + 2 * NUMBER_BYTES;
    if (point != null && point.length >= bytes && point.length <= bytes + 2) {
      int at = point.length - bytes;
      boolean wrapped = at == 2 && point[0] == OCTET_STRING && point[1] == bytes;
      if (point[at] == UNCOMPRESSED && (at == 0 || wrapped)) {
        return Arrays.copyOfRange(point, at + 1, point.length);
      }
    }
    throw new Pkcs11Exception("CKA_EC_POINT is no point of 256 bits", Ckr.PUBLIC_KEY_INVALID);
  }

  /** What the module gave. */
  static Sm2Signature signature(byte[] made, Output output) throws Pkcs11Exception {
    byte[] rs = output == Output.DER ? fromDer(made) : made;
    if (rs.length != 2 * NUMBER_BYTES) {
      throw new Pkcs11Exception(
          "C_Sign gave " + made.length + " bytes, not a signature", Ckr.SIGNATURE_LEN_RANGE);
    }
    return Sm2Signature.newBuilder()
        .setR(ByteString.copyFrom(rs, 0, NUMBER_BYTES))
        .setS(ByteString.copyFrom(rs, NUMBER_BYTES, NUMBER_BYTES))
        .build();
  }

  /** What the module gets. */
  static byte[] signature(Sm2Signature signature, Output output) throws RequestException {
    exactly("signature.r", signature.getR().size(), NUMBER_BYTES);
    exactly("signature.s", signature.getS().size(), NUMBER_BYTES);
    byte[] rs = signature.getR().concat(signature.getS()).toByteArray();
    return output == Output.DER ? toDer(rs) : rs;
  }

  static byte[] toDer(byte[] rs) {
    byte[] r = new BigInteger(1, Arrays.copyOf(rs, NUMBER_BYTES)).toByteArray();
    byte[] s = new BigInteger(1, Arrays.copyOfRange(rs, NUMBER_BYTES, rs.length)).toByteArray();
    ByteArrayOutputStream der = new ByteArrayOutputStream();
    der.write(SEQUENCE);
    der.write(r.length + s.length + 4);
    der.write(INTEGER);
    der.write(r.length);
    der.writeBytes(r);
    der.write(INTEGER);
    der.write(s.length);
    der.writeBytes(s);
    return der.toByteArray();
  }

  /** r‖s, or nothing if it is not what {@link #toDer} writes. */
  static byte[] fromDer(byte[] der) {
    byte[] rs = new byte[2 * NUMBER_BYTES];
    int at = 2;
    for (int i = 0; i < 2; i++) {
      if (der.length < at + 2 || der[at] != INTEGER) {
        return new byte[0];
      }
      int bytes = der[at + 1];
      int from = at + 2;
      if (bytes <= 0 || bytes > NUMBER_BYTES + 1 || from + bytes > der.length) {
        return new byte[0];
      }
      byte[] number = new BigInteger(Arrays.copyOfRange(der, from, from + bytes)).toByteArray();
      int skip = number.length > NUMBER_BYTES ? 1 : 0;
      System.arraycopy(
          number, skip, rs, (i + 1) * NUMBER_BYTES - (number.length - skip), number.length - skip);
      at = from + bytes;
    }
    return Arrays.equals(toDer(rs), der) ? rs : new byte[0];
  }

  /** x‖y‖hash‖data. */
  static byte[] fromModule(byte[] ciphertext, Output output) throws Pkcs11Exception {
    int skip = output == Output.RAW04 ? 1 : 0;
    if (ciphertext.length < CIPHERTEXT_OVERHEAD_BYTES + skip
        || (skip == 1 && ciphertext[0] != UNCOMPRESSED)) {
      throw new Pkcs11Exception(
          "C_Encrypt gave " + ciphertext.length + " bytes, not an SM2 ciphertext",
          Ckr.ENCRYPTED_DATA_LEN_RANGE);
    }
    return Arrays.copyOfRange(ciphertext, skip, ciphertext.length);
  }

  static byte[] toModule(ByteString ciphertext, Output output) throws RequestException {
    if (ciphertext.size() <= CIPHERTEXT_OVERHEAD_BYTES) {
      throw RequestException.invalid(
          "ciphertext of "
              + ciphertext.size()
              + " bytes, expected more than "
              + CIPHERTEXT_OVERHEAD_BYTES);
    }
    int skip = output == Output.RAW04 ? 1 : 0;
    byte[] form = new byte[skip + ciphertext.size()];
    form[0] = UNCOMPRESSED;
    ciphertext.copyTo(form, skip);
    return form;
  }
}
