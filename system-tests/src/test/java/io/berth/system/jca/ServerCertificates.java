// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import io.berth.system.broker.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pairs for servers and their self-signed certificates, as OpenSSL makes them. */
final class ServerCertificates {
  private ServerCertificates() {}

  /** A pair in PKCS #8 and PEM. */
  static Path pair(Path folder, String name, String... algorithm) {
    Path key = folder.resolve(name + ".key");
    List<String> command = new ArrayList<>(List.of("openssl", "genpkey"));
    command.addAll(List.of(algorithm));
    command.addAll(List.of("-out", key.toString()));
    run(command);
    return key;
  }

  static Path rsa(Path folder, String name) {
    return pair(folder, name, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048");
  }

  static Path ec(Path folder, String name, String curve) {
    return pair(
        folder,
        name,
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:" + curve,
        "-pkeyopt",
        "ec_param_enc:named_curve");
  }

  /** A certificate of localhost for the pair. */
  static Path certificate(Path key) {
    Path certificate = key.resolveSibling(key.getFileName() + ".pem");
    run(
        List.of(
            "openssl",
            "req",
            "-x509",
            "-new",
            "-key",
            key.toString(),
            "-subj",
            "/CN=" + key.getFileName(),
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-days",
            "2",
            "-out",
            certificate.toString()));
    return certificate;
  }

  /** All certificates in one file. */
  static Path together(Path file, Path... certificates) throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path each : certificates) {
      all.append(Files.readString(each));
    }
    return Files.writeString(file, all);
  }

  private static void run(List<String> command) {
    Installation.Outcome outcome = Installation.run(command);
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(command + ": " + outcome);
    }
  }
}
