// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Certificates of a file, out of which chains are made: of a key, then of who issued each. */
final class CertificatePool {
  private static final int LONGEST_CHAIN = 16;

  private final List<X509Certificate> all = new ArrayList<>();

  /** Reads a PEM file; a null path is an empty pool. */
  static CertificatePool of(String path) throws IOException, CertificateException {
    CertificatePool pool = new CertificatePool();
    if (path != null) {
      pool.all.addAll(Certificates.read(Files.readAllBytes(Paths.get(path))));
    }
    return pool;
  }

  /** The chain of the key, which begins with these certificates if there are any; null without. */
  Certificate[] chain(PublicKey key, List<X509Certificate> known) {
    List<X509Certificate> chain = new ArrayList<>(known);
    if (chain.isEmpty()) {
      X509Certificate own = of(key);
      if (own == null) {
        return null;
      }
      chain.add(own);
    }
    while (chain.size() < LONGEST_CHAIN) {
      X509Certificate last = chain.get(chain.size() - 1);
      X509Certificate issuer = isSelfIssued(last) ? null : issuer(last);
      if (issuer == null) {
        break;
      }
      chain.add(issuer);
    }
    return chain.toArray(new Certificate[0]);
  }

  private X509Certificate of(PublicKey key) {
    for (X509Certificate each : all) {
      if (Arrays.equals(each.getPublicKey().getEncoded(), key.getEncoded())) {
        return each;
      }
    }
    return null;
  }

  private static boolean isSelfIssued(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
  }

  /** By name: whether its signature is good is for who trusts the chain to say. */
  private X509Certificate issuer(X509Certificate certificate) {
    for (X509Certificate each : all) {
      if (each.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
        return each;
      }
    }
    return null;
  }
}
