// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthException;
import io.berth.client.StatusCode;
import io.berth.jca.BerthProvider;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Security;
import java.security.SignatureException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** JSSE servers serve on while the worker that has their keys, and the broker, are killed. */
final class TlsThroughLossesTest {
  private static final int KILLS = Boolean.getBoolean("berth.soak") ? 30 : 3;
  private static final String PROTOCOL = "TLSv1.3";

  /** How a handshake may end that fell into a loss, by the table in docs/DROP-IN.md. */
  private static final Set<StatusCode> DOCUMENTED =
      EnumSet.of(StatusCode.DEADLINE_EXCEEDED, StatusCode.UNAVAILABLE, StatusCode.ABORTED);

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private ServerToken token;

  private void start() throws Exception {
    BrokerSetup setup =
        BrokerSetup.make()
            .supervision("give_up_after: 1000000")
            .supervision("restart_backoff_ms: {initial: 10, max: 20, reset_after: 500}");
    token = ServerToken.of(setup);
    broker = brokers.start(setup).awaitServing("hsm:token");
  }

  @AfterEach
  void remove() {
    Security.removeProvider(BerthProvider.NAME);
  }

  /** A server with one key, and a stock client that shakes hands with it again and again. */
  private static final class Shaking implements AutoCloseable {
    private final TlsServer server;
    private final TlsClient client;
    private final AtomicInteger succeeded = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean enough;

    Shaking(KeyStore keys, Path certificate) throws Exception {
      server = TlsServer.start(keys);
      client = new TlsClient(certificate);
      thread = new Thread(this::run, "shaking");
      thread.start();
    }

    private void run() {
      while (!enough) {
        CompletableFuture<String> served = server.serveOne();
        boolean clientIsContent = clientIsContent();
        try {
          assertEquals(PROTOCOL, served.get(120, SECONDS));
          assertTrue(clientIsContent, "the server thinks that all is well, the client does not");
          succeeded.incrementAndGet();
        } catch (ExecutionException e) {
          failures.add(e.getCause());
        } catch (Exception | AssertionError e) {
          failures.add(e);
        }
        ended.incrementAndGet();
      }
    }

    /** Why not, the server knows better. */
    private boolean clientIsContent() {
      try {
        client.exchange(server.port(), PROTOCOL);
        return true;
      } catch (Exception e) {
        return false;
      }
    }

    void awaitMore(int handshakes, AtomicInteger of) {
      int wanted = of.get() + handshakes;
      Await.until(
          handshakes + " more handshakes",
          () -> of.get() >= wanted || !thread.isAlive(),
          () -> succeeded + " of " + ended + ", failures " + failures);
    }

    /** Ends; what did not succeed must be documented. */
    void finish() throws Exception {
      enough = true;
      thread.join();
      for (Throwable each : failures) {
        requireDocumented(each);
      }
    }

    @Override
    public void close() throws Exception {
      enough = true;
      server.close();
      thread.join();
    }
  }

  /** JSSE's handshake failure, because of ours, because of the client's. */
  private static void requireDocumented(Throwable failure) {
    SignatureException ours = cause(failure, SignatureException.class);
    BerthException clients = cause(ours, BerthException.class);
    if (ours == null || clients == null || !DOCUMENTED.contains(clients.status())) {
      throw new AssertionError("a handshake ended otherwise than documented", failure);
    }
    assertTrue(ours.getMessage().contains("hsm:token/server-"), ours::getMessage);
  }

  private static <T extends Throwable> T cause(Throwable of, Class<T> type) {
    Throwable each = of;
    while (each != null && !type.isInstance(each)) {
      each = each.getCause();
    }
    return type.cast(each);
  }

  private KeyStore keys(BerthProvider provider) throws Exception {
    KeyStore keys = KeyStore.getInstance("Berth", provider);
    keys.load(null, null);
    return keys;
  }

  private BerthProvider provider(String name, int timeoutMillis) {
    return new BerthProvider(
        "socket="
            + broker.socket()
            + ",device=hsm:token,timeout_ms="
            + timeoutMillis
            + ",certificates="
            + token.all()
            + ",keys=hsm:token/"
            + name);
  }

  @Test
  void handshakes_go_on_through_killed_workers_and_brokers_and_none_fails() throws Exception {
    start();
    Security.addProvider(provider("none", 1000));
    try (Shaking rsa = new Shaking(keys(provider("server-rsa", 60_000)), token.rsa());
        Shaking ec = new Shaking(keys(provider("server-ec", 60_000)), token.ec())) {
      for (int i = 0; i < KILLS; i++) {
        rsa.awaitMore(3, rsa.succeeded);
        ec.awaitMore(3, ec.succeeded);
        ProcessView worker = broker.worker("token");
        worker.signal("KILL");
        broker.awaitWorkerAfter("token", worker);
        rsa.awaitMore(3, rsa.succeeded);
        ec.awaitMore(3, ec.succeeded);
        broker.kill();
        broker.startAgain();
      }
      rsa.awaitMore(3, rsa.succeeded);
      ec.awaitMore(3, ec.succeeded);
      rsa.finish();
      ec.finish();
      assertEquals(List.of(), rsa.failures);
      assertEquals(List.of(), ec.failures);
    }
  }

  @Test
  void without_a_worker_handshakes_fail_as_documented_and_succeed_once_it_is_back()
      throws Exception {
    start();
    Security.addProvider(provider("none", 1000));
    try (Shaking rsa = new Shaking(keys(provider("server-rsa", 5000)), token.rsa());
        Shaking ec = new Shaking(keys(provider("server-ec", 5000)), token.ec())) {
      rsa.awaitMore(1, rsa.ended);
      ec.awaitMore(1, ec.ended);
      ProcessView worker = broker.worker("token");
      worker.stop();
      // Those after one that may still have had the worker.
      rsa.awaitMore(3, rsa.ended);
      ec.awaitMore(3, ec.ended);
      assertTrue(rsa.failures.size() >= 2, rsa.failures::toString);
      assertTrue(ec.failures.size() >= 2, ec.failures::toString);
      worker.signal("CONT");
      rsa.awaitMore(3, rsa.succeeded);
      ec.awaitMore(3, ec.succeeded);
      rsa.finish();
      ec.finish();
    }
  }
}
