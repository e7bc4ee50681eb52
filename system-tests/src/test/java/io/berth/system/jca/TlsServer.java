// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server as JSSE makes it out of a key store, which sends back what a client says. */
final class TlsServer implements AutoCloseable {
  private final SSLServerSocket listener;

  private TlsServer(SSLServerSocket listener) {
    this.listener = listener;
  }

  /** Listens on a free port of this host. */
  static TlsServer start(KeyStore keys) throws Exception {
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, null);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return new TlsServer(
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress()));
  }

  int port() {
    return listener.getLocalPort();
  }

  /**
   * Serves one client until it ends, however rudely. Completes with the protocol once there was a
   * handshake, or with what went wrong.
   */
  CompletableFuture<String> serveOne() {
    CompletableFuture<String> shaken = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                serve(shaken);
              } catch (IOException | RuntimeException e) {
                shaken.completeExceptionally(e);
              }
            },
            "tls-server");
    thread.setDaemon(true);
    thread.start();
    return shaken;
  }

  private void serve(CompletableFuture<String> shaken) throws IOException {
    try (SSLSocket client = (SSLSocket) listener.accept()) {
      client.startHandshake();
      shaken.complete(client.getSession().getProtocol());
      InputStream in = client.getInputStream();
      byte[] buffer = new byte[1000];
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        client.getOutputStream().write(buffer, 0, count);
        client.getOutputStream().flush();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
