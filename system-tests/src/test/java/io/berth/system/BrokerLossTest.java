// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.load.LoadReport;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.OwnerWatcher;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Brokers that are killed while clients and workers live on. */
final class BrokerLossTest {
  private static final int KILLS = Boolean.getBoolean("berth.soak") ? 50 : 3;
  private static final String UNKNOWN = "ABORTED/connection-lost-outcome-unknown";
  private static final String LOST = "UNAVAILABLE/connection-lost";

  @RegisterExtension final Brokers brokers = new Brokers();

  @Test
  void repeatable_requests_survive_a_killed_broker_and_others_end_honestly_without_a_restart()
      throws Exception {
    RunningBroker broker =
        brokers.start(BrokerSetup.make().echoWithLanes("bench", 4)).awaitEcho("echo:bench");
    LoadClient repeatable = brokers.load(Options.java(broker.socket(), "echo:bench").repeatable());
    LoadClient repeatableInC = brokers.load(Options.c(broker.socket(), "echo:bench").repeatable());
    LoadClient blocksInC =
        brokers.load(Options.blocksInC(broker.socket(), "echo:bench").repeatable());
    LoadClient once =
        brokers.load(Options.java(broker.socket(), "echo:bench").operation(EchoOperation.ONCE));
    LoadClient onceInC =
        brokers.load(Options.c(broker.socket(), "echo:bench").operation(EchoOperation.ONCE));
    repeatableInC.awaitMoreAnswers(50);
    onceInC.awaitMoreAnswers(50);
    ProcessView worker = broker.worker("bench");
    for (int i = 0; i < KILLS; i++) {
      repeatable.awaitMoreAnswers(200);
      once.awaitMoreAnswers(100);
      blocksInC.awaitMoreAnswers(100);
      broker.kill();
      broker.startAgain();
    }
    repeatable.awaitMoreAnswers(200);
    once.awaitMoreAnswers(100);

    repeatable.finish().requireAllAnswered();
    repeatableInC.finish().requireAllAnswered();
    blocksInC.awaitMoreAnswers(100);
    blocksInC.finish().requireAllAnswered();
    LoadReport ends = once.finish().requireOnly(UNKNOWN, LOST);
    onceInC.finish().requireOnly(UNKNOWN, LOST);
    assertTrue(ends.ok() > 0, ends.text());
    assertEquals(worker.pid(), broker.worker("bench").pid(), "the worker lived through it all");
  }

  @Test
  void a_worker_keeps_the_card_open_while_brokers_come_and_go() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    ProcessView worker = broker.worker("card");
    try (OwnerWatcher watcher = OwnerWatcher.of(card)) {
      LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:card/sign-1"));
      for (int i = 0; i < KILLS; i++) {
        signer.awaitMoreAnswers(20);
        broker.kill();
        broker.startAgain();
      }
      signer.awaitMoreAnswers(20);
      signer.finish().requireAllAnswered();
      watcher.awaitSeen(worker);
      assertEquals(List.of(worker.pid()), watcher.requireNeverTwo(), "owners of the card");
    }
    // The card's driver takes its lock at each opening; one process, one descriptor, one opening.
    assertEquals(1, worker.descriptorsTo(card.lockFile().toRealPath().toString()));
    assertEquals(worker.pid(), broker.worker("card").pid());
  }

  @Test
  void requests_end_in_time_by_the_clients_own_clock_while_no_broker_comes_back() throws Exception {
    RunningBroker broker =
        brokers.start(BrokerSetup.make().echoWithLanes("bench", 4)).awaitEcho("echo:bench");
    LoadClient onceInC =
        brokers.load(
            Options.c(broker.socket(), "echo:bench")
                .operation(EchoOperation.ONCE)
                .timeoutMillis(1_000));
    LoadClient repeatable =
        brokers.load(Options.java(broker.socket(), "echo:bench").repeatable().timeoutMillis(1_000));
    LoadClient once =
        brokers.load(
            Options.java(broker.socket(), "echo:bench")
                .operation(EchoOperation.ONCE)
                .timeoutMillis(1_000));
    repeatable.awaitMoreAnswers(100);
    once.awaitMoreAnswers(100);
    onceInC.awaitMoreAnswers(100);
    broker.kill();
    repeatable.awaitMoreEnds(16);
    once.awaitMoreEnds(16);
    onceInC.awaitMoreEnds(16);

    // The last two from the broker itself, when a loaded machine took a second before the kill.
    String[] honest = {
      LOST,
      UNKNOWN,
      "DEADLINE_EXCEEDED/caller-timed-out",
      "DEADLINE_EXCEEDED/expired-before-dispatch",
      "DEADLINE_EXCEEDED/expired-in-flight"
    };
    repeatable.finish().requireOnly(honest);
    once.finish().requireOnly(honest);
    onceInC.finish().requireOnly(honest);
    broker.startAgain();
    broker.awaitEcho("echo:bench");
  }

  @Test
  void guards_and_workers_end_by_themselves_when_no_broker_comes_back() throws Exception {
    BrokerSetup setup = BrokerSetup.make().supervision("orphan_timeout_ms: 2000");
    SoftwareCard card = setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    ProcessView guard = broker.guard("card");
    ProcessView worker = broker.worker("card");
    broker.kill();
    // The card must be free once their patience has ended.
    Await.until("the worker has ended", () -> !worker.isAlive());
    Await.until("the guard has ended", () -> !guard.isAlive());
    assertEquals(0, worker.descriptorsTo(card.lockFile().toString()));
  }
}
