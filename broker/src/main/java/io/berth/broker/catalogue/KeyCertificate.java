// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.x509.Certificate;

/**
 * An X.509 certificate that Berth keeps for a key whose card cannot. Not verified: whom to trust is
 * its readers' business; that it is this key's is ours. Immutable.
 */
public final class KeyCertificate {
  /** In DER; it travels in one message with the rest that the catalogue says of the key. */
  public static final int MAX_BYTES = 16_384;

  private final byte[] encoded;
  private final CataloguedPublicKey publicKey;
  private final String subject;
  private final Instant notBefore;
  private final Instant notAfter;

  private KeyCertificate(Certificate certificate) throws IOException {
    encoded = certificate.getEncoded("DER");
    publicKey = CataloguedPublicKey.of(certificate.getSubjectPublicKeyInfo());
    subject = certificate.getSubject().toString();
    notBefore = certificate.getStartDate().getDate().toInstant();
    notAfter = certificate.getEndDate().getDate().toInstant();
  }

  /**
   * Reads PEM (the first certificate of it) or DER.
   *
   * @throws IllegalArgumentException saying why it cannot be kept
   */
  public static KeyCertificate of(byte[] untrusted) {
    byte[] der = Pem.decode("CERTIFICATE", untrusted).orElse(untrusted);
    if (der.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a certificate of " + der.length + " bytes > " + MAX_BYTES);
    }
    try {
      return new KeyCertificate(Certificate.getInstance(der));
    } catch (IOException | RuntimeException e) {
      // The parser throws whatever it stumbles over.
      throw new IllegalArgumentException(
          "no X.509 certificate in PEM or DER, or of a key that the catalogue has no name for", e);
    }
  }

  public CataloguedPublicKey publicKey() {
    return publicKey;
  }

  public String subject() {
    return subject;
  }

  public Instant notBefore() {
    return notBefore;
  }

  public Instant notAfter() {
    return notAfter;
  }

  /** What is wrong with it at that time; "" if nothing. */
  public String troubleAt(Instant now) {
    if (now.isAfter(notAfter)) {
      return "expired at " + notAfter;
    }
    return now.isBefore(notBefore) ? "is not valid before " + notBefore : "";
  }

  /** In DER. */
  public byte[] encoded() {
    return encoded.clone();
  }

  public String base64() {
    return Base64.getEncoder().encodeToString(encoded);
  }

  public String pem() {
    return Pem.encode("CERTIFICATE", encoded);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyCertificate certificate
        && Arrays.equals(certificate.encoded, encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  @Override
  public String toString() {
    return subject + ", valid until " + notAfter;
  }
}
