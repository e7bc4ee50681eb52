// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.hostile.RawSession;
import io.berth.system.hostile.UnreadAnswers;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.load.LoadReport;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What bad clients cost a good one, which asks in a closed loop: one request, its answer, the next.
 * Its requests take the device some time, as those of a card do, so that the device decides how
 * many it gets answered, and not how many processes share the machine's processors.
 *
 * <p>Its answers per second are then the inverse of its mean latency, so that a share of what it
 * gets alone, in the same run on the same machine, bounds the latency without naming a time. Each
 * single request must end within a generous deadline besides.
 */
final class StarvationTest {
  /**
   * The share of its answers per second that nobody may take from a good client. Part of what it
   * loses the broker cannot give: all processes of the test still share the machine's processors.
   */
  private static final double SHARE = 1.0 / 25;

  /** Neither on a fast machine nor on a slow one does a single pause of the machine decide. */
  private static final int LEAST_ANSWERS = 500;

  private static final long LEAST_NANOS = 1_000_000_000;
  private static final int FLOODS = 3;
  private static final int WINDOW = 256;
  private static final int KILLED = 3;
  private static final int SILENT = 16;
  private static final int EXPELLED = 200;
  private static final int CROWD = 1_000;

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private ProcessView worker;
  private LoadClient good;
  private Path socket;

  @BeforeEach
  void start() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    // What is in the window already is no matter of turns any more.
    setup.ungranted(
        "bench", "echo", "echo", "    lanes: 2\n    window: 4\n    settings: {mode: lanes}\n");
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"echo:bench\"], permissions: [call], delegate: true,"
            + " on_behalf_of: [good]}");
    setup.exactGrant("{principal: {sub: good}, resources: [\"echo:bench\"], permissions: [call]}");
    broker = brokers.start(setup).awaitEcho("echo:bench");
    socket = broker.setup().socket();
    worker = broker.worker("bench");
    startGoodClient();
  }

  /** A principal of its own, as the bad ones are another. */
  private void startGoodClient() throws Exception {
    good =
        brokers.load(
            Options.java(broker.socket(), "echo:bench")
                .window(1)
                .operation(EchoOperation.DELAY)
                .onBehalfOf("good"));
    good.awaitMoreAnswers(2 * LEAST_ANSWERS);
  }

  private interface Badness {
    void happens() throws Exception;
  }

  /** While something goes on, and long enough. */
  private double answersPerSecond(Badness badness) throws Exception {
    long before = good.answered();
    long start = System.nanoTime();
    badness.happens();
    Await.until(
        LEAST_ANSWERS + " answers and " + LEAST_NANOS + " ns",
        () ->
            good.answered() - before >= LEAST_ANSWERS && System.nanoTime() - start >= LEAST_NANOS);
    return (good.answered() - before) * 1e9 / (System.nanoTime() - start);
  }

  private void assertKeepsItsShareBeside(String what, Badness badness) throws Exception {
    final double aloneBefore = answersPerSecond(() -> {});
    final double beside = answersPerSecond(badness);
    final double aloneAfter = answersPerSecond(() -> {});
    double share = 2 * beside / (aloneBefore + aloneAfter);
    LoadReport report = good.finish();
    String figures =
        String.format(
            Locale.ROOT,
            "beside %s: %.0f answers a second, alone %.0f before and %.0f after: %.0f %%;"
                + " longest time between two answers %.0f ms",
            what,
            beside,
            aloneBefore,
            aloneAfter,
            100 * share,
            report.longestGapMillis());
    System.out.println(figures);
    report.requireAllAnswered();
    assertTrue(share >= SHARE, figures);
    assertEquals(worker.pid(), broker.worker("bench").pid(), "the worker was never fenced");
  }

  @Test
  void clients_killed_in_mid_write_do_not_starve_a_good_one() throws Exception {
    assertKeepsItsShareBeside(
        "clients killed in mid-write",
        () -> {
          for (int i = 0; i < KILLED; i++) {
            Options large = Options.java(broker.socket(), "echo:bench").window(32).bytes(2048);
            LoadClient victim = brokers.load(large);
            LoadClient victimInC =
                brokers.load(Options.c(broker.socket(), "echo:bench").window(32).bytes(2048));
            victim.awaitMoreAnswers(20);
            victimInC.awaitMoreAnswers(20);
            victim.kill();
            victimInC.kill();
          }
        });
  }

  @Test
  void clients_that_stop_reading_do_not_starve_a_good_one() throws Exception {
    List<RawSession> silent = new ArrayList<>();
    try {
      assertKeepsItsShareBeside(
          "clients that read no answer",
          () -> {
            for (int i = 0; i < SILENT; i++) {
              RawSession session = RawSession.open(socket);
              silent.add(session);
              UnreadAnswers.withinLimits(session, "echo:bench");
            }
          });
      assertTrue(silent.stream().noneMatch(RawSession::hungUp), "they are within their limits");
    } finally {
      silent.forEach(RawSession::close);
    }
  }

  /**
   * In a queue without turns the good client would wait for all that the floods have in their
   * windows, several hundred times as long as alone.
   */
  @Test
  void floods_within_their_limits_do_not_starve_a_good_one() throws Exception {
    List<LoadClient> floods = new ArrayList<>();
    assertKeepsItsShareBeside(
        "floods",
        () -> {
          for (int i = 0; i < FLOODS; i++) {
            floods.add(
                brokers.load(
                    Options.java(broker.socket(), "echo:bench")
                        .operation(EchoOperation.DELAY)
                        .window(WINDOW)));
          }
          for (LoadClient flood : floods) {
            flood.awaitMoreAnswers(WINDOW);
          }
          // All are at work: most of what counts is beside them.
          good.awaitMoreAnswers(LEAST_ANSWERS);
          for (LoadClient flood : floods) {
            flood.finish().requireEachEndedOnceAndRight();
          }
        });
  }

  @Test
  void clients_that_flood_until_they_are_expelled_do_not_starve_a_good_one() throws Exception {
    assertKeepsItsShareBeside(
        "clients that flood beyond their limits",
        () -> {
          for (int i = 0; i < EXPELLED; i++) {
            try (RawSession flood = RawSession.open(socket)) {
              UnreadAnswers.beyondLimits(flood, "echo:bench");
              assertInstanceOf(Expelled.class, flood.awaitEnd());
            }
          }
        });
  }

  @Test
  void a_thousand_clients_that_connect_and_leave_do_not_starve_a_good_one() throws Exception {
    assertKeepsItsShareBeside(
        "a thousand clients that connect and leave",
        () -> {
          for (int i = 0; i < CROWD; i++) {
            try (RawSession session = RawSession.open(socket)) {
              assertNotNull(session.welcome());
            }
          }
        });
  }
}
