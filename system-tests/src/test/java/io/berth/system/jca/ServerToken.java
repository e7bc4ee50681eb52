// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.KnownKeysToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A token with the keys {@code server-rsa} and {@code server-ec} of TLS servers as device {@code
 * hsm:token}, and their certificates: one file each, and one with both.
 */
record ServerToken(Path rsa, Path ec, Path all) {
  static ServerToken of(BrokerSetup setup) throws IOException {
    Path folder = setup.directory();
    KnownKeysToken token = setup.token("token");
    Path rsaKey = ServerCertificates.rsa(folder, "rsa");
    Path ecKey = ServerCertificates.ec(folder, "ec", "P-256");
    token.importPair("server-rsa", rsaKey);
    token.importPair("server-ec", ecKey);
    Path rsa = ServerCertificates.certificate(rsaKey);
    Path ec = ServerCertificates.certificate(ecKey);
    // From here on nobody but the token has them.
    Files.delete(rsaKey);
    Files.delete(ecKey);
    setup.device("token", "hsm", "hsm/pkcs11", token.deviceLines("server-rsa", "server-ec"));
    return new ServerToken(
        rsa, ec, ServerCertificates.together(folder.resolve("all.pem"), rsa, ec));
  }
}
