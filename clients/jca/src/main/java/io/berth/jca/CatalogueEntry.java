// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Collections;
import java.util.List;

/** One name of the catalogue: what is known of it, and the key once somebody asks for it. */
abstract class CatalogueEntry {
  private final Access access;
  private final String resource;
  private final byte[] publicKey;
  private final List<X509Certificate> certificates;
  private BerthKey key;

  /**
   * Makes one.
   *
   * @param publicKey what the catalogue says of it, in X.509's form; null if it says nothing
   */
  CatalogueEntry(
      Access access, String resource, byte[] publicKey, List<X509Certificate> certificates) {
    this.access = access;
    this.resource = resource;
    this.publicKey = publicKey;
    this.certificates = certificates;
  }

  /** Asks the device what key this is; null if it is none that can be used here. */
  abstract BerthKey ask();

  /** Certificates that the device keeps beside the key. */
  List<X509Certificate> askCertificates() {
    return Collections.emptyList();
  }

  final Access access() {
    return access;
  }

  final String resource() {
    return resource;
  }

  /**
   * The key; null if the name is none that can be used here. What the catalogue tells of its public
   * half saves the request, and serves who may not export it.
   */
  final synchronized BerthKey key() {
    if (key == null) {
      key = publicKey == null ? ask() : of(publicKey);
    }
    return key;
  }

  /** The certificates that the catalogue or the device has, the key's own first. */
  final synchronized List<X509Certificate> certificates() {
    return certificates.isEmpty() ? askCertificates() : certificates;
  }

  /** The pair with this public half; what the JDK cannot read, the device is asked for. */
  final BerthKey of(byte[] encoded) {
    if (Sm2Curve.isEncoded(encoded)) {
      return new BerthEcPrivateKey(access, resource, Sm2Curve.publicKey(Sm2Curve.decoded(encoded)));
    }
    PublicKey read = read("RSA", encoded);
    if (read != null) {
      return new BerthRsaPrivateKey(access, resource, (RSAPublicKey) read);
    }
    read = read("EC", encoded);
    if (read != null) {
      return new BerthEcPrivateKey(access, resource, (ECPublicKey) read);
    }
    return publicKey == encoded ? ask() : null;
  }

  /** Null if it is no key of this algorithm. */
  private static PublicKey read(String algorithm, byte[] encoded) {
    try {
      return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded));
    } catch (InvalidKeySpecException e) {
      return null;
    } catch (NoSuchAlgorithmException e) {
      throw new ProviderException(e);
    }
  }
}
