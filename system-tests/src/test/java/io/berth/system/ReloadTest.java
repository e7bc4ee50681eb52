// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.OwnerWatcher;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A successor takes over under load. */
final class ReloadTest {
  private static final int RELOADS = Boolean.getBoolean("berth.soak") ? 20 : 2;

  @RegisterExtension final Brokers brokers = new Brokers();

  private static void reload(RunningBroker broker) {
    Outcome outcome =
        Installation.run(
            List.of(
                Installation.command().toString(),
                "reload",
                "--run",
                broker.setup().runDirectory().toString()));
    assertEquals(0, outcome.exitCode(), () -> outcome.output() + broker.tails());
    broker.succeeded();
  }

  @Test
  void a_reload_under_load_fails_no_request_whether_it_may_be_repeated_or_not() throws Exception {
    RunningBroker broker =
        brokers.start(BrokerSetup.make().echoWithLanes("bench", 4)).awaitEcho("echo:bench");
    ProcessView worker = broker.worker("bench");
    LoadClient plain = brokers.load(Options.java(broker.socket(), "echo:bench"));
    LoadClient once =
        brokers.load(Options.java(broker.socket(), "echo:bench").operation(EchoOperation.ONCE));
    LoadClient onceInC =
        brokers.load(Options.c(broker.socket(), "echo:bench").operation(EchoOperation.ONCE));
    for (int i = 0; i < RELOADS; i++) {
      plain.awaitMoreAnswers(200);
      once.awaitMoreAnswers(200);
      reload(broker);
    }
    plain.awaitMoreAnswers(200);
    once.awaitMoreAnswers(200);
    plain.finish().requireAllAnswered();
    once.finish().requireAllAnswered();
    onceInC.finish().requireAllAnswered();
    assertEquals(worker.pid(), broker.worker("bench").pid(), "the worker went over");
  }

  @Test
  void a_reload_leaves_the_card_open_in_the_same_worker() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    ProcessView worker = broker.worker("card");
    try (OwnerWatcher watcher = OwnerWatcher.of(card)) {
      LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:card/sign-1"));
      for (int i = 0; i < RELOADS; i++) {
        signer.awaitMoreAnswers(20);
        reload(broker);
      }
      signer.awaitMoreAnswers(20);
      signer.finish().requireAllAnswered();
      assertEquals(List.of(worker.pid()), watcher.requireNeverTwo());
    }
  }
}
