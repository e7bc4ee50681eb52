// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.io.IOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * A public key as a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in one form: two that are the same key
 * have the same bytes, whatever they were read from. Immutable.
 */
public final class CataloguedPublicKey {
  private static final Map<String, ASN1ObjectIdentifier> CURVES =
      Map.of(
          KeyAlgorithms.SM2, GMObjectIdentifiers.sm2p256v1,
          KeyAlgorithms.P256, SECObjectIdentifiers.secp256r1,
          KeyAlgorithms.P384, SECObjectIdentifiers.secp384r1,
          KeyAlgorithms.P521, SECObjectIdentifiers.secp521r1);

  /** RFC 8410, 3. */
  private static final ASN1ObjectIdentifier ED25519 = new ASN1ObjectIdentifier("1.3.101.112");

  private static final byte DER_SEQUENCE = 0x30;

  private final String algorithm;
  private final byte[] encoded;

  private CataloguedPublicKey(String algorithm, AlgorithmIdentifier identifier, byte[] key) {
    this.algorithm = algorithm;
    try {
      this.encoded = new SubjectPublicKeyInfo(identifier, key).getEncoded("DER");
    } catch (IOException e) {
      throw new IllegalStateException("what was decoded can be encoded", e);
    }
  }

  /**
   * Reads what people write: a SubjectPublicKeyInfo in hexadecimal, or a point of the curve that
   * the algorithm names (x and y, with or without 04 before them).
   *
   * @param algorithm of {@link KeyAlgorithms}; "" if it is not known
   * @throws IllegalArgumentException saying what is wrong with the text
   */
  public static CataloguedPublicKey ofHex(String text, String algorithm) {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(text.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not hexadecimal", e);
    }
    boolean isPoint =
        CURVES.containsKey(algorithm)
            && (bytes.length == 0 || bytes[0] != DER_SEQUENCE || isPoint(bytes, algorithm));
    return isPoint ? ofPoint(bytes, algorithm) : ofEncoded(bytes);
  }

  private static boolean isPoint(byte[] bytes, String algorithm) {
    return bytes.length == 2 * fieldBytes(algorithm);
  }

  private static int fieldBytes(String algorithm) {
    return (parameters(CURVES.get(algorithm)).getCurve().getFieldSize() + 7) / 8;
  }

  private static X9ECParameters parameters(ASN1ObjectIdentifier curve) {
    return ECNamedCurveTable.getByOID(curve);
  }

  /**
   * A point of an elliptic curve: x and y, or 04, x and y, or compressed.
   *
   * @throws IllegalArgumentException if it is not on the curve
   */
  public static CataloguedPublicKey ofPoint(byte[] point, String algorithm) {
    ASN1ObjectIdentifier curve = CURVES.get(algorithm);
    if (curve == null) {
      throw new IllegalArgumentException("no curve is known for algorithm '" + algorithm + "'");
    }
    byte[] whole = point;
    if (isPoint(point, algorithm)) {
      whole = new byte[point.length + 1];
      whole[0] = 4;
      System.arraycopy(point, 0, whole, 1, point.length);
    }
    try {
      byte[] uncompressed = parameters(curve).getCurve().decodePoint(whole).getEncoded(false);
      if (uncompressed.length == 1) {
        throw new IllegalArgumentException("the point at infinity");
      }
      return new CataloguedPublicKey(
          algorithm,
          new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve),
          uncompressed);
    } catch (IllegalArgumentException | ArithmeticException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          point.length + " bytes that are no point of " + algorithm + "'s curve", e);
    }
  }

  /** An RSA key by its numbers. */
  public static CataloguedPublicKey ofRsa(BigInteger modulus, BigInteger exponent) {
    try {
      return new CataloguedPublicKey(
          "rsa-" + modulus.bitLength(),
          new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
          new RSAPublicKey(modulus, exponent).getEncoded("DER"));
    } catch (IOException e) {
      throw new IllegalStateException("two numbers can be encoded", e);
    }
  }

  /**
   * Reads a SubjectPublicKeyInfo.
   *
   * @throws IllegalArgumentException if it is none, or of an algorithm that the catalogue has no
   *     name for
   */
  public static CataloguedPublicKey ofEncoded(byte[] untrusted) {
    try {
      return of(SubjectPublicKeyInfo.getInstance(untrusted));
    } catch (IllegalArgumentException | IllegalStateException | ClassCastException e) {
      throw new IllegalArgumentException(
          "no SubjectPublicKeyInfo in DER of a key of " + KeyAlgorithms.NAMES, e);
    }
  }

  /** As {@link #ofEncoded}. */
  static CataloguedPublicKey of(SubjectPublicKeyInfo info) {
    ASN1ObjectIdentifier kind = info.getAlgorithm().getAlgorithm();
    if (kind.equals(PKCSObjectIdentifiers.rsaEncryption)) {
      try {
        RSAPublicKey key = RSAPublicKey.getInstance(info.parsePublicKey());
        return ofRsa(key.getModulus(), key.getPublicExponent());
      } catch (IOException e) {
        throw new IllegalArgumentException("an RSA key that cannot be read", e);
      }
    }
    byte[] key = info.getPublicKeyData().getOctets();
    if (kind.equals(ED25519) && key.length == 32) {
      return new CataloguedPublicKey(KeyAlgorithms.ED25519, new AlgorithmIdentifier(kind), key);
    }
    if (kind.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
      ASN1ObjectIdentifier curve =
          ASN1ObjectIdentifier.getInstance(info.getAlgorithm().getParameters());
      for (Map.Entry<String, ASN1ObjectIdentifier> known : CURVES.entrySet()) {
        if (known.getValue().equals(curve)) {
          return ofPoint(key, known.getKey());
        }
      }
    }
    throw new IllegalArgumentException("a key of " + kind);
  }

  /**
   * Reads a file: PEM "PUBLIC KEY", or DER.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static CataloguedPublicKey ofFile(byte[] content) {
    return ofEncoded(Pem.decode("PUBLIC KEY", content).orElse(content));
  }

  /** The name of {@link KeyAlgorithms}; an RSA key of another size has a name of that form. */
  public String algorithm() {
    return algorithm;
  }

  /** In DER. */
  public byte[] encoded() {
    return encoded.clone();
  }

  /** {@link #encoded} in hexadecimal. */
  public String hex() {
    return HexFormat.of().formatHex(encoded);
  }

  public String pem() {
    return Pem.encode("PUBLIC KEY", encoded);
  }

  /** SHA-256 of {@link #encoded}, as {@code openssl pkey -pubin -outform DER | sha256sum}. */
  public String fingerprint() {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(encoded);
      return "sha256:" + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CataloguedPublicKey key && Arrays.equals(key.encoded, encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  @Override
  public String toString() {
    return algorithm + " " + fingerprint();
  }
}
