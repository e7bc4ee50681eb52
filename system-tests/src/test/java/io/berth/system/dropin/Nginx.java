// SPDX-License-Identifier: Apache-2.0
package io.berth.system.dropin;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** An nginx whose key OpenSSL's PKCS #11 engine holds; its answer is the worker's process id. */
public final class Nginx implements AutoCloseable {
  /** How many processes serve. */
  public static final int WORKERS = 3;

  private static final int PATIENCE_MILLIS = 60_000;

  private static final List<Path> USUAL_PLACES =
      List.of(
          Path.of("/usr/sbin/nginx"), Path.of("/usr/bin/nginx"), Path.of("/usr/local/sbin/nginx"));

  private final Path directory;
  private final Process master;
  private final SocketChannel reserved;
  private final TrustManagerFactory trusting;

  private Nginx(
      Path directory, Process master, SocketChannel reserved, TrustManagerFactory trusting) {
    this.directory = directory;
    this.master = master;
    this.reserved = reserved;
    this.trusting = trusting;
  }

  /**
   * Starts it.
   *
   * @param environment what the engine and Berth's module need
   * @param user under whom its workers run; empty for who runs this
   * @param key as the engine is asked for it
   * @param certificate PEM, of that key
   */
  public static Nginx start(
      Path directory, Map<String, String> environment, String user, String key, Path certificate)
      throws Exception {
    SocketChannel reserved = reservePort();
    Path configuration = directory.resolve("nginx.conf");
    Files.writeString(
        configuration, configuration(directory, user, port(reserved), key, certificate));
    List<String> command =
        List.of(
            program().toString(),
            "-p",
            directory.toString(),
            "-c",
            configuration.toString(),
            "-g",
            "daemon off;");
    Process master =
        Program.start(
            directory,
            environment,
            command,
            directory.resolve("nginx.out"),
            directory.resolve("nginx.err"));
    Nginx nginx = new Nginx(directory, master, reserved, trusting(certificate));
    Await.until("nginx listens", nginx::listens, nginx::errors);
    return nginx;
  }

  private static Path program() {
    return USUAL_PLACES.stream()
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("nginx is none of " + USUAL_PLACES));
  }

  /**
   * A port that nobody else is given: this socket holds it and never listens, nginx shares it. With
   * a socket of each worker's own the kernel spreads connections over the workers, idle or not.
   */
  private static SocketChannel reservePort() throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    return channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private static int port(SocketChannel reserved) throws IOException {
    return ((InetSocketAddress) reserved.getLocalAddress()).getPort();
  }

  private static String configuration(
      Path directory, String user, int port, String key, Path certificate) {
    return (user.isEmpty() ? "" : "user " + user + ";\n")
        + "worker_processes "
        + WORKERS
        + ";\nerror_log stderr;\npid "
        + directory.resolve("nginx.pid")
        + ";\nenv BERTH_SOCKET;\nevents { worker_connections 64; }\nhttp {\n  access_log off;\n"
        + temporary(directory.resolve("nginx").toString())
        + "  server {\n    listen 127.0.0.1:"
        + port
        + " ssl reuseport;\n    ssl_protocols TLSv1.3;\n    ssl_certificate "
        + certificate
        + ";\n    ssl_certificate_key \"engine:pkcs11:"
        + key
        + "\";\n    location / { return 200 \"$pid\"; }\n  }\n}\n";
  }

  private static TrustManagerFactory trusting(Path certificate)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(certificate)) {
      trusted.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    return managers;
  }

  private static String temporary(String scratch) {
    StringBuilder lines = new StringBuilder();
    for (String kind : List.of("client_body", "proxy", "fastcgi", "scgi", "uwsgi")) {
      lines.append("  ").append(kind).append("_temp_path ").append(scratch).append('-');
      lines.append(kind).append(";\n");
    }
    return lines.toString();
  }

  private boolean listens() {
    if (!master.isAlive()) {
      throw new AssertionError("nginx ended: " + errors());
    }
    try (SocketChannel channel = SocketChannel.open(reserved.getLocalAddress())) {
      return channel.isConnected();
    } catch (IOException e) {
      return false; // Not yet.
    }
  }

  /** What it has written. */
  public String errors() {
    try {
      return Files.readString(directory.resolve("nginx.err"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A full handshake of TLS 1.3 with the certificate verified, and a request.
   *
   * @return the process id of nginx' worker
   */
  public String request() throws IOException, GeneralSecurityException {
    SSLContext fresh = SSLContext.getInstance("TLSv1.3"); // nothing to resume without a signature
    fresh.init(null, trusting.getTrustManagers(), null);
    try (SSLSocket socket =
        (SSLSocket)
            fresh
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port(reserved))) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.startHandshake();
      socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
      socket.getOutputStream().flush();
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      return answer.substring(answer.lastIndexOf('\n') + 1);
    }
  }

  /** Has it read its configuration anew, with new workers. */
  public void reload() {
    new ProcessView(master.pid()).signal("HUP");
  }

  @Override
  public void close() throws IOException, InterruptedException {
    master.destroy();
    master.waitFor();
    reserved.close();
  }
}
