// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** A client as the JDK makes it, which knows nothing of Berth and trusts one certificate. */
final class TlsClient {
  private final TrustManager[] trusting;

  TlsClient(Path certificate) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream file = Files.newInputStream(certificate)) {
      trusted.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    trusting = managers.getTrustManagers();
  }

  /** A whole handshake, with nothing resumed, and a line that comes back. */
  void exchange(int port, String protocol) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusting, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
      socket.setEnabledProtocols(new String[] {protocol});
      byte[] said = "a line that comes back".getBytes(UTF_8);
      socket.getOutputStream().write(said);
      assertArrayEquals(said, socket.getInputStream().readNBytes(said.length));
      assertEquals(protocol, socket.getSession().getProtocol());
    }
  }
}
