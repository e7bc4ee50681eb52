// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.dropin.Nginx;
import io.berth.system.dropin.Pkcs11Programs;
import io.berth.system.dropin.Program;
import io.berth.system.dropin.SoftToken;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * nginx with a key behind Berth. Its master loads the key and then forks workers: no handle of the
 * master's is theirs, they connect for themselves, and where the master may change users it is
 * another user's grant that they need.
 */
final class NginxTest {
  private static final String KEY = "pkcs11:token=bank;object=ec-1;type=private";
  private static final String WORKERS_USER = BrokerSetup.uid() == 0 ? "daemon" : "";
  private static final int CLIENTS = 2;
  private static final int MORE_HANDSHAKES = 20;

  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static BrokerSetup setup;
  private static RunningBroker broker;
  private static Map<String, String> environment;
  private static Path certificate;

  private Nginx nginx;

  private static void grant(String user) {
    setup.exactGrant(
        "{principal: {user: "
            + user
            + "}, resources: [\"hsm:bank/ec-1\"], permissions: [sign, export]}");
  }

  @BeforeAll
  static void start() throws Exception {
    setup = BrokerSetup.make().broker("socket_mode: \"0666\"");
    SoftToken token = SoftToken.make(setup);
    setup.ungranted("bank", "hsm", "hsm/pkcs11", token.device());
    grant(Integer.toString(BrokerSetup.uid()));
    if (!WORKERS_USER.isEmpty()) {
      grant(WORKERS_USER);
    }
    broker = BROKERS.start(setup).awaitServing("hsm:bank");
    Pkcs11Programs programs = new Pkcs11Programs(setup, token, broker);
    environment = new HashMap<>(programs.throughBerth());
    environment.put("OPENSSL_CONF", programs.engine(1).toString());
    certificate = programs.file("certificate.pem");
    Program.Outcome made =
        programs.run(
            environment,
            ("openssl req -new -x509 -engine pkcs11 -keyform engine -key "
                    + KEY
                    + " -subj /CN=localhost -days 3 -out certificate.pem")
                .split(" "));
    assertEquals(0, made.exitCode(), made::toString);
  }

  @BeforeEach
  void startNginx() throws Exception {
    nginx = Nginx.start(setup.directory(), environment, WORKERS_USER, KEY, certificate);
  }

  @AfterEach
  void stopNginx() throws Exception {
    if (nginx != null) {
      nginx.close();
    }
  }

  /** The process id of the worker that answers; no request may fail. */
  private String request() {
    try {
      return nginx.request();
    } catch (Exception e) {
      throw new AssertionError(nginx.errors() + broker.tails(), e);
    }
  }

  /** As many requests as it takes until every worker has answered. */
  private Set<String> requestsOfAll() {
    Set<String> answered = new HashSet<>();
    Await.until(
        Nginx.WORKERS + " workers of nginx answer",
        () -> {
          answered.add(request());
          return answered.size() == Nginx.WORKERS;
        },
        answered::toString);
    return answered;
  }

  @Test
  void no_handshake_fails_while_the_devices_worker_is_killed() {
    Set<String> before = requestsOfAll();
    AtomicLong answers = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    List<CompletableFuture<Void>> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(
          CompletableFuture.runAsync(
              () -> {
                while (!stop.get()) {
                  request();
                  answers.incrementAndGet();
                }
              }));
    }
    try {
      awaitMore(answers, clients);
      ProcessView worker = broker.worker("bank");
      worker.signal("KILL");
      broker.awaitWorkerAfter("bank", worker);
      awaitMore(answers, clients);
    } finally {
      stop.set(true);
    }
    clients.forEach(CompletableFuture::join);
    assertEquals(before, requestsOfAll(), "the same processes serve");
  }

  private static void awaitMore(AtomicLong answers, List<CompletableFuture<Void>> clients) {
    long enough = answers.get() + MORE_HANDSHAKES;
    Await.until(
        MORE_HANDSHAKES + " more handshakes",
        () ->
            answers.get() >= enough
                || clients.stream().anyMatch(CompletableFuture::isCompletedExceptionally));
  }

  @Test
  void workers_serve_on_after_the_loss_of_the_broker() throws Exception {
    Set<String> before = requestsOfAll();
    broker.kill();
    broker.startAgain();
    assertEquals(before, requestsOfAll());
  }

  @Test
  void workers_that_start_without_a_broker_refuse_handshakes_until_there_is_one() throws Exception {
    broker.kill();
    for (int i = 0; i < 2 * Nginx.WORKERS; i++) {
      assertThrows(SSLException.class, nginx::request);
    }
    broker.startAgain();
    broker.awaitServing("hsm:bank");
    requestsOfAll();
  }

  @Test
  void workers_without_a_grant_refuse_handshakes_until_they_have_one() throws Exception {
    String granting = Files.readString(setup.configFile());
    startAgainWith(granting.replace("ec-1\"]", "rsa-1\"]"));
    for (int i = 0; i < 2 * Nginx.WORKERS; i++) {
      assertThrows(SSLException.class, nginx::request);
    }
    broker.awaitLog("hsm:bank denied to uid "); // a broker has answered
    startAgainWith(granting);
    requestsOfAll();
  }

  private static void startAgainWith(String configuration) throws Exception {
    broker.kill();
    Files.writeString(setup.configFile(), configuration);
    broker.startAgain();
    broker.awaitServing("hsm:bank");
  }

  @Test
  void a_reload_of_nginx_brings_new_workers_and_fails_no_handshake() throws Exception {
    Set<String> before = requestsOfAll();
    nginx.reload();
    Await.until(
        "only new workers answer", () -> requestsOfAll().stream().noneMatch(before::contains));
  }
}
