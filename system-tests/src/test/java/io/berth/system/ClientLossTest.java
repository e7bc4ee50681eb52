// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.status.Reason;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.hostile.Frame;
import io.berth.system.hostile.RawSession;
import io.berth.system.hostile.UnreadAnswers;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.load.LoadReport;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.ResourceUse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients that die, fall silent, flood, or come and go in crowds; others must not notice. */
final class ClientLossTest {
  private static final int CROWD = 1_000;

  /** What a bystander's requests are given: each must be answered within it, whoever else comes. */
  private static final int BYSTANDERS_PATIENCE_MILLIS = 30_000;

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private LoadClient bystander;
  private ProcessView brokerProcess;
  private ProcessView worker;
  private ResourceUse before;
  private ResourceUse workerBefore;
  private Path socket;

  @BeforeEach
  void start() throws Exception {
    broker =
        brokers.start(BrokerSetup.make().broker("max_in_flight: 64").echoWithLanes("bench", 2));
    broker.awaitEcho("echo:bench");
    socket = broker.setup().socket();
    brokerProcess = broker.view();
    worker = broker.worker("bench");
    bystander =
        brokers.load(
            Options.java(broker.socket(), "echo:bench")
                .window(2)
                .timeoutMillis(BYSTANDERS_PATIENCE_MILLIS));
    bystander.awaitMoreAnswers(50);
    try (RawSession warm = RawSession.open(socket)) {
      warm.handle("echo:bench");
    }
    bystander.awaitMoreAnswers(50);
    before = ResourceUse.of(brokerProcess);
    workerBefore = ResourceUse.of(worker);
  }

  @AfterEach
  void nothingIsLeftOfThem() throws Exception {
    bystander.awaitMoreAnswers(50);
    // While the bystander is still there, as before.
    ResourceUse.awaitNoMoreThan(before, brokerProcess);
    ResourceUse.awaitNoMoreThan(workerBefore, worker);
    bystander.finish().requireAllAnswered();
    assertEquals(worker.pid(), broker.worker("bench").pid(), "the worker was never fenced");
  }

  @Test
  void clients_killed_in_mid_write_leave_nothing_behind() throws Exception {
    for (int i = 0; i < 4; i++) {
      LoadClient victim =
          brokers.load(Options.java(broker.socket(), "echo:bench").window(32).bytes(2048));
      LoadClient victimInC =
          brokers.load(Options.c(broker.socket(), "echo:bench").window(32).bytes(2048));
      victim.awaitMoreAnswers(20);
      victimInC.awaitMoreAnswers(20);
      victim.kill();
      victimInC.kill();
    }
  }

  @Test
  void a_client_that_stops_reading_delays_only_itself() throws Exception {
    try (RawSession silent = RawSession.open(socket)) {
      UnreadAnswers.withinLimits(silent, "echo:bench");
      bystander.awaitMoreAnswers(200);
      assertTrue(!silent.hungUp(), "a slow reader within its limits is no offence");
    }
  }

  @Test
  void a_stopped_client_process_delays_only_itself_and_goes_on_afterwards() throws Exception {
    LoadClient stopped = brokers.load(Options.java(broker.socket(), "echo:bench").window(32));
    stopped.awaitMoreAnswers(50);
    stopped.view().stop();
    bystander.awaitMoreAnswers(500);
    stopped.view().signal("CONT");
    stopped.awaitMoreAnswers(50);
    stopped.finish().requireAllAnswered();
  }

  @Test
  void a_client_that_floods_beyond_its_limits_is_expelled_with_a_reason() throws Exception {
    try (RawSession flood = RawSession.open(socket)) {
      UnreadAnswers.beyondLimits(flood, "echo:bench");
      assertNotNull(flood.awaitEnd(), "the broker's word before it hangs up");
    }
  }

  @Test
  void a_flood_within_the_limits_is_refused_beyond_them_and_leaves_the_others_their_share()
      throws Exception {
    LoadClient flood =
        brokers.load(Options.java(broker.socket(), "echo:bench").window(512).bytes(64));
    LoadClient floodInC =
        brokers.load(Options.c(broker.socket(), "echo:bench").window(512).bytes(64));
    flood.awaitMoreAnswers(2_000);
    bystander.awaitMoreAnswers(200);
    LoadReport report = flood.finish().requireEachEndedOnceAndRight();
    assertTrue(report.ok() > 0, report.text());
    floodInC.finish().requireEachEndedOnceAndRight();
  }

  @Test
  void a_thousand_clients_that_connect_and_leave_leave_nothing_behind() throws Exception {
    for (int i = 0; i < CROWD; i++) {
      try (RawSession session = RawSession.open(socket)) {
        if (i % 10 == 0) {
          int handle = session.handle("echo:bench");
          // Memory shared with the worker, and not given back.
          session.send(new SegmentAdd(handle, 1 + i / 10 % 2, 65_536));
          assertInstanceOf(SegmentAdded.class, session.receive().message());
        }
      }
    }
  }

  @Test
  void a_thousand_clients_at_once_are_all_served() throws Exception {
    List<RawSession> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < CROWD; i++) {
        crowd.add(RawSession.open(socket));
      }
      bystander.awaitMoreAnswers(100);
      int answered = 0;
      for (int i = 0; i < CROWD; i += 50) {
        RawSession session = crowd.get(i);
        session.put(
            new Frame(session.handle("echo:bench"), EchoOperation.ECHO)
                .correlation(session.nextCorrelation()));
        answered += session.answer().reason() == Reason.NONE.code() ? 1 : 0;
      }
      assertEquals(CROWD / 50, answered);
    } finally {
      crowd.forEach(RawSession::close);
    }
    Await.until(
        "the broker has let them go", () -> ResourceUse.of(brokerProcess).memoryFiles() < CROWD);
  }
}
