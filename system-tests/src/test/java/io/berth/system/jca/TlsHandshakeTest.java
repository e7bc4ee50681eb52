// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jca.BerthProvider;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Security;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * JSSE servers whose keys are in a token behind Berth, with clients that know nothing of it: the
 * JDK's own and {@code openssl s_client}.
 */
final class TlsHandshakeTest {
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static RunningBroker broker;
  private static ServerToken token;

  @BeforeAll
  static void start() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    token = ServerToken.of(setup);
    broker = BROKERS.start(setup).awaitServing("hsm:token");
  }

  @AfterEach
  void remove() {
    Security.removeProvider(BerthProvider.NAME);
  }

  private KeyStore keys(String names, String more) throws Exception {
    BerthProvider provider =
        new BerthProvider(
            "socket="
                + broker.socket()
                + ",device=hsm:token,timeout_ms=60000,certificates="
                + token.all()
                + ",keys="
                + names
                + more);
    return KeyStore.getInstance("Berth", register(provider));
  }

  private boolean first;

  private BerthProvider register(BerthProvider provider) {
    Security.removeProvider(BerthProvider.NAME);
    if (first) {
      Security.insertProviderAt(provider, 1);
    } else {
      Security.addProvider(provider);
    }
    return provider;
  }

  @Test
  void rsa_and_ec_servers_complete_handshakes_with_stock_clients_wherever_berth_stands()
      throws Exception {
    for (boolean inFront : new boolean[] {false, true}) {
      first = inFront;
      handshakes("hsm:token/server-rsa", token.rsa(), "");
      handshakes("hsm:token/server-ec", token.ec(), "");
    }
  }

  @Test
  void the_jdk_may_hash_what_is_signed() throws Exception {
    handshakes("hsm:token/server-rsa", token.rsa(), ",hash=jdk");
    handshakes("hsm:token/server-ec", token.ec(), ",hash=jdk");
  }

  private void handshakes(String name, Path certificate, String more) throws Exception {
    KeyStore keys = keys(name, more);
    keys.load(null, null);
    assertEquals(1, keys.size(), name);
    try (TlsServer server = TlsServer.start(keys)) {
      for (String protocol : PROTOCOLS) {
        CompletableFuture<String> served = server.serveOne();
        new TlsClient(certificate).exchange(server.port(), protocol);
        assertEquals(protocol, served.get(60, SECONDS), name + ", JDK");
        served = server.serveOne();
        opensslClient(server.port(), protocol, certificate);
        assertEquals(protocol, served.get(60, SECONDS), name + ", openssl");
      }
    }
  }

  private static void opensslClient(int port, String protocol, Path certificate) {
    Installation.Outcome outcome =
        Installation.run(
            List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + port,
                protocol.equals("TLSv1.3") ? "-tls1_3" : "-tls1_2",
                "-CAfile",
                certificate.toString(),
                "-verify_return_error",
                "-brief"));
    assertEquals(0, outcome.exitCode(), outcome::output);
    assertTrue(outcome.output().contains("Protocol version: " + protocol), outcome::output);
    assertTrue(outcome.output().contains("Verification: OK"), outcome::output);
  }
}
