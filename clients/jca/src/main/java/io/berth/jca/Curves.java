// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.util.Arrays;

/** Points as PKCS #11 writes them, and keys made of them. */
final class Curves {
  private Curves() {}

  /** 0x04 || x || y. */
  static byte[] point(ECPublicKey key) {
    int bytes = (key.getParams().getCurve().getField().getFieldSize() + 7) / 8;
    byte[] point = new byte[1 + 2 * bytes];
    point[0] = 4;
    System.arraycopy(Numbers.fixed(key.getW().getAffineX(), bytes), 0, point, 1, bytes);
    System.arraycopy(Numbers.fixed(key.getW().getAffineY(), bytes), 0, point, 1 + bytes, bytes);
    return point;
  }

  /**
   * Whether a key's point is on its curve. Multiplying another one would tell of the private number
   * (invalid-curve attack), and not every device looks.
   */
  static boolean isOnItsCurve(ECPublicKey key) {
    EllipticCurve curve = key.getParams().getCurve();
    BigInteger x = key.getW().getAffineX();
    BigInteger y = key.getW().getAffineY();
    if (!(curve.getField() instanceof ECFieldFp) || x == null || y == null) {
      return false; // A binary field, which no curve here has, or the point at infinity.
    }
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    if (x.signum() < 0 || y.signum() < 0 || x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
      return false;
    }
    BigInteger right = x.multiply(x).add(curve.getA()).multiply(x).add(curve.getB());
    return y.multiply(y).subtract(right).mod(p).signum() == 0;
  }

  /**
   * A public key of a token.
   *
   * @param parameters CKA_EC_PARAMS: the curve's object identifier
   * @param point CKA_EC_POINT: the point within an OCTET STRING
   */
  static ECPublicKey publicKey(byte[] parameters, byte[] point)
      throws IOException, GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(parameters);
    ECParameterSpec spec = curve.getParameterSpec(ECParameterSpec.class);
    Der outer = Der.of(point);
    byte[] marked = outer.content(Der.OCTET_STRING);
    outer.end();
    int bytes = (spec.getCurve().getField().getFieldSize() + 7) / 8;
    if (marked.length != 1 + 2 * bytes || marked[0] != 4) {
      throw new IOException("a point of " + marked.length + " bytes: expected " + (1 + 2 * bytes));
    }
    ECPoint w =
        new ECPoint(
            new BigInteger(1, Arrays.copyOfRange(marked, 1, 1 + bytes)),
            new BigInteger(1, Arrays.copyOfRange(marked, 1 + bytes, marked.length)));
    return (ECPublicKey) KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(w, spec));
  }
}
