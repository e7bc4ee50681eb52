// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.Block;
import io.berth.client.Direction;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.OwnerWatcher;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A successor takes over under load. */
final class ReloadTest {
  private static final int RELOADS = Boolean.getBoolean("berth.soak") ? 20 : 2;

  private static final int BLOCK_BYTES = 64 * 1024;

  @RegisterExtension final Brokers brokers = new Brokers();

  private static String reload(RunningBroker broker) {
    Outcome outcome =
        Installation.berth("reload", "--run", broker.setup().runDirectory().toString());
    assertEquals(0, outcome.exitCode(), () -> outcome.output() + broker.tails());
    broker.succeeded();
    return outcome.output();
  }

  @Test
  void a_reload_tells_how_to_stop_the_successor_and_which_devices_keep_something_older()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make().echo("changed").echo("same");
    RunningBroker broker = brokers.start(setup).awaitServing("echo:changed", "echo:same");
    String keeps = ": its configuration has changed since its guard was started.";
    String nothingNew = reload(broker);
    assertFalse(nothingNew.contains(keeps), nothingNew);

    Path file = setup.configFile();
    String before = Files.readString(file);
    int changed = before.indexOf("\"true\"", before.indexOf("name: changed"));
    Files.writeString(
        file, before.substring(0, changed) + "\"false\"" + before.substring(changed + 6));
    String told = reload(broker);
    assertTrue(told.contains("; stop it with: kill " + broker.view().pid() + "\n"), told);
    assertTrue(told.contains("its log goes on in " + broker.logFile() + ";"), told);
    assertTrue(told.contains("berth reload: changed" + keeps), told);
    assertFalse(told.contains("same" + keeps), told);
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
    onceInC.awaitMoreAnswers(200);
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

  /** One caller whose two blocks are taken before the first reload and used until the end. */
  private static long echoThroughBlocks(
      BerthClient client, AtomicLong answers, AtomicBoolean stop) {
    try (Resource bench = client.open("echo:bench");
        Block input = bench.allocate(Direction.INPUT, BLOCK_BYTES);
        Block output = bench.allocate(Direction.OUTPUT, BLOCK_BYTES)) {
      ByteBuffer written = input.buffer();
      for (long number = 1; !stop.get(); number++) {
        for (int at = 0; at < BLOCK_BYTES; at += Long.BYTES) {
          written.putLong(at, number + at);
        }
        Request request =
            Request.of(EchoOperation.ECHO)
                .input(input)
                .output(output)
                .timeout(Duration.ofSeconds(30));
        assertEquals(BLOCK_BYTES, bench.call(request).outputBytes());
        assertEquals(written, output.buffer(), "answer " + number);
        answers.set(number);
      }
      return answers.get();
    }
  }

  @Test
  void a_reload_fails_no_request_that_names_blocks_held_from_before() throws Exception {
    RunningBroker broker =
        brokers.start(BrokerSetup.make().echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    AtomicLong answers = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    try (BerthClient client = broker.client("holder of blocks")) {
      CompletableFuture<Long> caller =
          CompletableFuture.supplyAsync(() -> echoThroughBlocks(client, answers, stop));
      for (int i = 0; i <= RELOADS; i++) {
        long before = answers.get();
        Await.until("200 more answers", () -> caller.isDone() || answers.get() >= before + 200);
        assertFalse(
            caller.isCompletedExceptionally(), () -> "" + caller.handle((r, e) -> e).join());
        if (i < RELOADS) {
          reload(broker);
        }
      }
      stop.set(true);
      assertTrue(caller.get() > 0);
    }
  }

  @Test
  void a_reload_fails_no_request_of_a_c_program_that_names_blocks_held_from_before()
      throws Exception {
    RunningBroker broker =
        brokers.start(BrokerSetup.make().echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    LoadClient holder = brokers.load(Options.blocksInC(broker.socket(), "echo:bench"));
    for (int i = 0; i < RELOADS; i++) {
      holder.awaitMoreAnswers(200);
      reload(broker);
    }
    holder.awaitMoreAnswers(200);
    holder.finish().requireAllAnswered();
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
      watcher.awaitSeen(worker);
      assertEquals(List.of(worker.pid()), watcher.requireNeverTwo());
    }
  }
}
