// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.client.hsm.HsmKek;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.client.hsm.WrappedKey;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.GenerateKeyForRequest;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Keys that a card holds for a session, in a group of two: the session stays with its card while
 * that lives, hears so when it does not, and what is wrapped moves.
 */
final class HeldKeysTest {
  private static final int SESSIONS = 8;
  private static final byte[] BLOCK =
      "sixteen bytes ..".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  /** One per lane, one of which is kept for interactive requests, and one to look with. */
  private static final String CARD_SESSIONS = "6";

  private static final String REMOVED = "commfail:any:0";

  @RegisterExtension final Brokers brokers = new Brokers();

  private final BrokerSetup setup =
      BrokerSetup.make()
          .supervision("restart_backoff_ms: {initial: 0, max: 200, reset_after: 500}")
          .supervision("give_up_after: 1000")
          .journal();
  private SoftwareCard first;
  private SoftwareCard second;
  private RunningBroker broker;

  private void start() throws Exception {
    first = setup.provision("first");
    first.behave("sessions", CARD_SESSIONS);
    second = first.copy("second");
    setup.grant("{user: " + BrokerSetup.uid() + "}", "[\"hsm:pay/**\", \"hsm:pay\"]", "audit: all");
    broker =
        brokers.start(
            setup.group(
                "pay",
                List.of("sign-1: {index: 1}", "kek-1: {index: 1, kind: kek}"),
                first,
                second));
    broker.awaitServing("hsm:pay/a", "hsm:pay/b");
  }

  /** A client with a session, which has a key made for another party and kept on a card. */
  private final class Holder implements AutoCloseable {
    private final BerthClient client;
    private final Resource device;
    private final HsmKek kek;
    private final WrappedKey wrapped;
    private long key;

    Holder(int number, Sm2PublicKey other) throws Exception {
      client = broker.client("holder " + number);
      device = client.open("hsm:pay");
      kek = HsmKek.open(client, "hsm:pay/kek-1").withTimeout(Duration.ofMinutes(2));
      wrapped = kek.generateKey();
      make(other);
    }

    void make(Sm2PublicKey other) throws Exception {
      Reply made =
          ask(
              HsmOperation.GENERATE_KEY_FOR,
              GenerateKeyForRequest.newBuilder()
                  .setBits(128)
                  .setSm2Key(other)
                  .build()
                  .toByteArray());
      key = SessionKey.parseFrom(made.payload()).getSessionKey();
    }

    private Reply ask(int operation, byte[] message) {
      return device.call(
          Request.of(operation).payload(message).idempotent().timeout(Duration.ofMinutes(2)));
    }

    /** With the key that is held; null: it is not any more. */
    byte[] encrypt() throws Exception {
      Sm4Request request =
          Sm4Request.newBuilder()
              .setSessionKey(key)
              .setMode(Sm4Mode.SM4_MODE_ECB)
              .setData(ByteString.copyFrom(BLOCK))
              .build();
      try {
        Reply reply = ask(HsmOperation.SM4_ENCRYPT, request.toByteArray());
        return Sm4Reply.parseFrom(reply.payload()).getData().toByteArray();
      } catch (BerthException e) {
        assertEquals(Reason.STALE_HANDLE, e.reason(), e::toString);
        assertEquals(StatusCode.NOT_FOUND, e.status());
        return null;
      }
    }

    void useWrapped() {
      byte[] sealed =
          kek.withTimeout(Duration.ofMinutes(2))
              .sm4(wrapped)
              .encrypt(io.berth.client.hsm.Sm4Mode.ECB, new byte[0], BLOCK)
              .data();
      byte[] opened =
          kek.withTimeout(Duration.ofMinutes(2))
              .sm4(wrapped)
              .decrypt(io.berth.client.hsm.Sm4Mode.ECB, new byte[0], sealed)
              .data();
      assertArrayEquals(BLOCK, opened);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  private Sm2PublicKey other() {
    try (BerthClient client = broker.client("reader");
        HsmKey key = HsmKey.open(client, "hsm:pay/sign-1").withTimeout(Duration.ofMinutes(2))) {
      var found = key.publicKey(KeyUsage.ENCRYPT);
      return Sm2PublicKey.newBuilder()
          .setX(ByteString.copyFrom(found.x()))
          .setY(ByteString.copyFrom(found.y()))
          .build();
    }
  }

  /** All at once: more than a card has lanes. */
  private static int encryptAll(List<Holder> holders) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(holders.size());
    try {
      List<Future<Integer>> done = new ArrayList<>();
      for (Holder holder : holders) {
        done.add(
            threads.submit(
                () -> {
                  byte[] before = holder.encrypt();
                  for (int i = 0; i < 20; i++) {
                    assertArrayEquals(before, holder.encrypt());
                    holder.useWrapped();
                  }
                  return before == null ? 0 : 1;
                }));
      }
      int good = 0;
      for (Future<Integer> each : done) {
        good += each.get();
      }
      return good;
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void a_session_keeps_to_its_card_hears_of_its_loss_and_loses_nothing_that_is_wrapped()
      throws Exception {
    start();
    Sm2PublicKey other = other();
    List<Holder> holders = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      holders.add(new Holder(i, other));
    }
    assertEquals(SESSIONS, encryptAll(holders));

    ProcessView killed = broker.worker("pay.a");
    killed.signal("KILL");
    Await.until("its end", () -> !killed.isAlive());
    assertEquals(SESSIONS / 2, encryptAll(holders), "the other card still has its half");
    ProcessView next = broker.awaitWorkerAfter("pay.a", killed);
    broker.awaitLog("device hsm:pay/a: worker " + next.pid() + " serves");
    for (Holder holder : holders) {
      if (holder.encrypt() == null) {
        holder.make(other);
      }
    }
    assertEquals(SESSIONS, encryptAll(holders));

    // One that is killed with its keys, again and again: nothing of it stays on the card.
    for (int i = 0; i < 3; i++) {
      Holder leaves = new Holder(100 + i, other);
      assertNotNull(leaves.encrypt());
      leaves.close();
    }
    assertEquals(SESSIONS, encryptAll(holders));
    holders.forEach(Holder::close);
    assertEquals(RunningBroker.ENDED_BY_TERM, broker.stop(), broker::tails);
    String verified = setup.audit("verify");
    assertTrue(verified.contains("intact: "), verified);
    String records = setup.audit("show", "--last", "1000000");
    assertTrue(records.contains(" by=hsm:pay/a, "), "the journal names the card");
    assertTrue(records.contains(" by=hsm:pay/b, "), "and the other");
  }

  /** How often card B has come to serve; attempts that failed on the way do not count. */
  private long servedTimes() {
    return Pattern.compile("device hsm:pay/b: worker \\d+ serves ")
        .matcher(broker.log())
        .results()
        .count();
  }

  @Test
  void one_of_two_cards_that_is_removed_under_load_and_put_back_costs_no_signature()
      throws Exception {
    start();
    LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:pay/sign-1"));
    signer.awaitMoreAnswers(50);
    for (int i = 0; i < 2; i++) {
      long served = servedTimes();
      ProcessView former = broker.worker("pay.b");
      second.fault(REMOVED);
      Await.until("its worker is ended", () -> !former.isAlive());
      signer.awaitMoreAnswers(50);
      second.mend();
      Await.until("it serves again", () -> servedTimes() > served);
      signer.awaitMoreAnswers(50);
    }
    signer.finish().requireAllAnswered();
  }
}
