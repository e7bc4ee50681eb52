// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.ByteArrayInputStream;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * X.509 certificates, read by the first provider that can: the JDK's own refuses what is on a curve
 * that it does not know, such as SM2's.
 */
final class Certificates {
  private static final String TYPE = "X.509";

  private Certificates() {}

  /**
   * Reads one or several, in PEM or DER.
   *
   * @throws CertificateException if no provider can
   */
  static List<X509Certificate> read(byte[] encoded) throws CertificateException {
    CertificateException refusal = new CertificateException("no provider reads " + TYPE);
    for (Provider provider : Security.getProviders("CertificateFactory." + TYPE)) {
      try {
        List<X509Certificate> certificates = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance(TYPE, provider);
        for (Certificate each : factory.generateCertificates(new ByteArrayInputStream(encoded))) {
          certificates.add((X509Certificate) each);
        }
        return certificates;
      } catch (CertificateException e) {
        refusal = e;
      }
    }
    throw refusal;
  }
}
