// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Sm2PublicKey;
import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.PublicKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.EllipticCurve;
import java.util.Arrays;

/** The curve of SM2 (GM/T 0003.5), which the JDK does not know, and public keys on it. */
final class Sm2Curve {
  static final int COORDINATE_BYTES = 32;

  static final ECParameterSpec PARAMETERS =
      new ECParameterSpec(
          new EllipticCurve(
              new ECFieldFp(
                  number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF")),
              number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"),
              number("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93")),
          new ECPoint(
              number("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"),
              number("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0")),
          number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123"),
          1);

  /** SubjectPublicKeyInfo up to the coordinates: ecPublicKey, 1.2.156.10197.1.301, 0x04. */
  private static final byte[] PREFIX = {
    0x30,
    0x59,
    0x30,
    0x13,
    0x06,
    0x07,
    0x2A,
    (byte) 0x86,
    0x48,
    (byte) 0xCE,
    0x3D,
    0x02,
    0x01,
    0x06,
    0x08,
    0x2A,
    (byte) 0x81,
    0x1C,
    (byte) 0xCF,
    0x55,
    0x01,
    (byte) 0x82,
    0x2D,
    0x03,
    0x42,
    0x00,
    0x04
  };

  private Sm2Curve() {}

  private static BigInteger number(String hexadecimal) {
    return new BigInteger(hexadecimal, 16);
  }

  static boolean isCurveOf(Key key) {
    return key instanceof ECKey && isThis(((ECKey) key).getParams());
  }

  /** By its numbers: every provider has a class of its own for a curve. */
  static boolean isThis(ECParameterSpec parameters) {
    return parameters != null
        && parameters.getOrder().equals(PARAMETERS.getOrder())
        && parameters.getCurve().getA().equals(PARAMETERS.getCurve().getA())
        && parameters.getCurve().getB().equals(PARAMETERS.getCurve().getB())
        && parameters.getCurve().getField().equals(PARAMETERS.getCurve().getField())
        && parameters.getGenerator().equals(PARAMETERS.getGenerator());
  }

  /** The X.509 form of a public key. */
  static byte[] encoded(Sm2PublicKey key) {
    byte[] encoded = Arrays.copyOf(PREFIX, PREFIX.length + 2 * COORDINATE_BYTES);
    System.arraycopy(key.x(), 0, encoded, PREFIX.length, COORDINATE_BYTES);
    System.arraycopy(key.y(), 0, encoded, PREFIX.length + COORDINATE_BYTES, COORDINATE_BYTES);
    return encoded;
  }

  /**
   * Whether this is a public key of SM2 in whatever class: with the JDK alone, a certificate's is
   * one that knows its encoded form only.
   */
  static boolean isPublicKey(Key key) {
    return key instanceof PublicKey && (isCurveOf(key) || isEncoded(key.getEncoded()));
  }

  static boolean isEncoded(byte[] encoded) {
    return encoded != null
        && encoded.length == PREFIX.length + 2 * COORDINATE_BYTES
        && Arrays.equals(Arrays.copyOf(encoded, PREFIX.length), PREFIX);
  }

  static Sm2PublicKey publicKey(PublicKey key) throws InvalidKeyException {
    if (key instanceof ECPublicKey && isCurveOf(key)) {
      ECPoint point = ((ECPublicKey) key).getW();
      return new Sm2PublicKey(
          Numbers.fixed(point.getAffineX(), COORDINATE_BYTES),
          Numbers.fixed(point.getAffineY(), COORDINATE_BYTES));
    }
    if (!isPublicKey(key)) {
      throw new InvalidKeyException(
          "expected a public key on the curve of SM2, found "
              + (key == null ? "none" : key.getAlgorithm() + ", " + key.getClass().getName()));
    }
    return decoded(key.getEncoded());
  }

  static Sm2PublicKey decoded(byte[] encoded) {
    int y = PREFIX.length + COORDINATE_BYTES;
    return new Sm2PublicKey(
        Arrays.copyOfRange(encoded, PREFIX.length, y),
        Arrays.copyOfRange(encoded, y, y + COORDINATE_BYTES));
  }

  /** The key as a JCA one. */
  static ECPublicKey publicKey(Sm2PublicKey key) {
    return new Sm2EcPublicKey(key);
  }

  /** An SM2 public key with its X.509 form, which other providers read. */
  private static final class Sm2EcPublicKey implements ECPublicKey {
    private static final long serialVersionUID = 1L;

    private final byte[] encoded;

    Sm2EcPublicKey(Sm2PublicKey key) {
      this.encoded = Sm2Curve.encoded(key);
    }

    @Override
    public ECPoint getW() {
      Sm2PublicKey key = decoded(encoded);
      return new ECPoint(new BigInteger(1, key.x()), new BigInteger(1, key.y()));
    }

    @Override
    public ECParameterSpec getParams() {
      return PARAMETERS;
    }

    @Override
    public String getAlgorithm() {
      return "EC";
    }

    @Override
    public String getFormat() {
      return "X.509";
    }

    @Override
    public byte[] getEncoded() {
      return encoded.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof PublicKey && Arrays.equals(((PublicKey) other).getEncoded(), encoded);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(encoded);
    }
  }
}
