// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.load.LoadReport;
import io.berth.system.process.ProcessView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Callers get an end in time, whoever hangs. */
final class DeadlineTest {
  /** What a caller states; the device never answers within it. */
  private static final Duration DEADLINE = Duration.ofMillis(300);

  /** A promise of the interface, with a margin for a machine that does much else. */
  private static final Duration PROMISED = DEADLINE.plusSeconds(30);

  private static final int WINDOW = 8;

  @RegisterExtension final Brokers brokers = new Brokers();

  private static Request delay(Duration service) {
    ByteBuffer payload = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    payload.putInt((int) (service.toNanos() / 1000));
    return Request.of(EchoOperation.DELAY).payload(payload.array());
  }

  private static void assertTimesOutInTime(Resource resource, Request request) {
    long start = System.nanoTime();
    BerthException end = assertThrows(BerthException.class, () -> resource.call(request));
    long took = System.nanoTime() - start;
    assertEquals(StatusCode.DEADLINE_EXCEEDED, end.status(), end.toString());
    assertTrue(took < PROMISED.toNanos(), "ended after " + took / 1_000_000 + " ms");
  }

  @Test
  void a_request_that_expires_in_the_queue_never_reaches_the_device() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.device(
        "slow",
        "echo",
        "echo",
        "    lanes: 1\n    window: 1\n    settings: {faults: \"true\", mode: lanes}\n");
    RunningBroker broker = brokers.start(setup).awaitEcho("echo:slow");
    try (BerthClient client = broker.client("waiting");
        Resource slow = client.open("echo:slow")) {
      // Longer than any pause of the machine; the test ends it.
      CompletableFuture<Reply> first =
          slow.submit(delay(Duration.ofMinutes(1)).timeout(Duration.ofMinutes(1)));
      // EXIT ends the worker if it ever gets there: the device itself tells.
      List<CompletableFuture<Reply>> expiring = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        expiring.add(slow.submit(Request.of(EchoOperation.EXIT).timeout(DEADLINE)));
      }
      for (CompletableFuture<Reply> each : expiring) {
        Throwable failure = assertThrows(Exception.class, each::join).getCause();
        assertEquals(StatusCode.DEADLINE_EXCEEDED, ((BerthException) failure).status());
      }
      assertFalse(first.isDone());
      first.cancel(true);
      // Behind all of them in the same lane: the worker is still the first one.
      slow.call(Request.of(EchoOperation.ECHO).timeout(Duration.ofSeconds(60)));
    }
    assertTrue(!broker.log().contains("is fenced"), broker.tails());
  }

  @Test
  void a_caller_gets_its_timeout_while_the_device_hangs() throws Exception {
    BrokerSetup setup = BrokerSetup.make().supervision("hang_timeout_ms: 600000");
    // At the end the worker, which hangs, does not go by itself.
    setup.supervision("stop_grace_ms: 100");
    RunningBroker broker = brokers.start(setup.echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    try (BerthClient client = broker.client("caller");
        Resource bench = client.open("echo:bench")) {
      assertTimesOutInTime(bench, Request.of(EchoOperation.HANG).timeout(DEADLINE));
      // The other lane serves on.
      bench.call(Request.of(EchoOperation.ECHO).timeout(Duration.ofSeconds(60)));
    }
  }

  @Test
  void a_caller_gets_its_timeout_while_the_worker_is_stopped() throws Exception {
    BrokerSetup setup = BrokerSetup.make().supervision("heartbeat_timeout_ms: 600000");
    RunningBroker broker = brokers.start(setup.echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    try (BerthClient client = broker.client("caller");
        Resource bench = client.open("echo:bench")) {
      broker.worker("bench").stop();
      assertTimesOutInTime(bench, Request.of(EchoOperation.ECHO).timeout(DEADLINE));
      broker.worker("bench").signal("CONT");
      bench.call(Request.of(EchoOperation.ECHO).timeout(Duration.ofSeconds(60)));
    }
  }

  @Test
  void a_caller_gets_its_timeout_while_the_broker_is_stopped() throws Exception {
    RunningBroker broker =
        brokers.start(BrokerSetup.make().echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    try (BerthClient client = broker.client("caller");
        Resource bench = client.open("echo:bench")) {
      broker.view().stop();
      try {
        for (int i = 0; i < 3; i++) {
          assertTimesOutInTime(bench, Request.of(EchoOperation.ECHO).timeout(DEADLINE));
        }
        Throwable failure =
            assertThrows(
                    Exception.class,
                    () -> bench.submit(Request.of(EchoOperation.ECHO).timeout(DEADLINE)).join())
                .getCause();
        assertEquals(Reason.CALLER_TIMED_OUT, ((BerthException) failure).reason());
      } finally {
        broker.view().signal("CONT");
      }
      bench.call(Request.of(EchoOperation.ECHO).idempotent().timeout(Duration.ofSeconds(60)));
    }
  }

  @Test
  void callers_in_c_get_their_timeouts_while_worker_or_broker_is_stopped() throws Exception {
    BrokerSetup setup = BrokerSetup.make().supervision("heartbeat_timeout_ms: 600000");
    RunningBroker broker = brokers.start(setup.echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    for (ProcessView stopped : List.of(broker.worker("bench"), broker.view())) {
      LoadClient caller =
          brokers.load(
              Options.c(broker.socket(), "echo:bench")
                  .window(WINDOW)
                  .timeoutMillis((int) DEADLINE.toMillis()));
      caller.awaitMoreAnswers(20);
      stopped.stop();
      try {
        // Nobody answers any more: so many can only have ended by a clock.
        caller.awaitMoreFailures(WINDOW);
        // And those still in flight end by its own clock, or it does not end at all.
        LoadReport report =
            caller
                .finish()
                .requireOnly(
                    "DEADLINE_EXCEEDED/caller-timed-out",
                    "DEADLINE_EXCEEDED/expired-in-flight",
                    "DEADLINE_EXCEEDED/expired-before-dispatch");
        assertTrue(report.submitted() - report.ok() >= WINDOW, report.text());
      } finally {
        stopped.signal("CONT");
      }
      broker.awaitEcho("echo:bench");
    }
  }

  @Test
  void a_call_during_an_outage_of_the_card_worker_ends_by_its_deadline() throws Exception {
    BrokerSetup setup =
        BrokerSetup.make()
            .supervision("restart_backoff_ms: {initial: 600000, max: 600000, reset_after: 1}");
    RunningBroker broker = brokers.start(setup.echoWithLanes("bench", 2)).awaitEcho("echo:bench");
    try (BerthClient client = broker.client("caller");
        Resource bench = client.open("echo:bench")) {
      broker.worker("bench").signal("KILL");
      broker.awaitLog("ended: signal 9");
      long start = System.nanoTime();
      BerthException end =
          assertThrows(
              BerthException.class,
              () -> bench.call(Request.of(EchoOperation.ECHO).idempotent().timeout(DEADLINE)));
      assertTrue(
          end.status() == StatusCode.DEADLINE_EXCEEDED || end.status() == StatusCode.UNAVAILABLE,
          end.toString());
      assertTrue(System.nanoTime() - start < PROMISED.toNanos());
    }
  }
}
