// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Drivers that write where they should not. */
final class ScribblingWorkerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final byte[] ECHOED = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  @RegisterExtension final Brokers brokers = new Brokers();

  /** What is overwritten may be the heartbeat's word alone, and that alone tells then. */
  private static BrokerSetup setup() {
    return BrokerSetup.make().supervision("heartbeat_timeout_ms: 10000");
  }

  @Test
  void a_worker_that_scribbles_over_its_rings_is_fenced_and_another_device_does_not_notice()
      throws Exception {
    RunningBroker broker =
        brokers.start(setup().echoWithLanes("broken", 2).echoWithLanes("sound", 2));
    broker.awaitEcho("echo:broken").awaitEcho("echo:sound");
    LoadClient neighbour = brokers.load(Options.java(broker.socket(), "echo:sound"));
    neighbour.awaitMoreAnswers(100);
    ProcessView sound = broker.worker("sound");
    ProcessView first = broker.worker("broken");
    try (BerthClient client = broker.client("scribbler");
        Resource broken = client.open("echo:broken")) {
      scribble(broken);
      Await.until(
          "worker " + first.pid() + " is fenced, or what it left in its own memory has ended it",
          () ->
              broker.log().contains("worker " + first.pid() + " is fenced")
                  || broker.log().contains("worker " + first.pid() + " ended"));
      broker.awaitWorkerAfter("broken", first);
      neighbour.awaitMoreAnswers(100);
      Request echo = Request.of(EchoOperation.ECHO).payload(ECHOED).idempotent().timeout(PATIENCE);
      assertArrayEquals(ECHOED, broken.call(echo).payload());
    }
    neighbour.finish().requireAllAnswered();
    assertEquals(sound.pid(), broker.worker("sound").pid(), "the neighbour's worker");
    assertNotEquals(first.pid(), broker.worker("broken").pid());
  }

  private static void scribble(Resource broken) {
    BerthException e =
        assertThrows(
            BerthException.class,
            () -> broken.call(Request.of(EchoOperation.SCRIBBLE).timeout(PATIENCE)));
    assertEquals(Reason.WORKER_LOST_OUTCOME_UNKNOWN, e.reason(), e.toString());
  }

  @Test
  void a_vendor_library_that_scribbles_over_shared_memory_spoils_its_own_answers_at_most()
      throws Exception {
    BrokerSetup setup = setup().echoWithLanes("sound", 2);
    SoftwareCard card = setup.card("card");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card").awaitEcho("echo:sound");
    LoadClient neighbour = brokers.load(Options.java(broker.socket(), "echo:sound"));
    LoadClient signer = brokers.load(Options.sign(broker.socket(), "hsm:card/sign-1"));
    signer.awaitMoreAnswers(20);
    ProcessView first = broker.worker("card");
    card.fault("scribble:sign:1:once");
    broker.awaitWorkerAfter("card", first);
    broker.awaitLog("worker " + first.pid() + " is fenced");
    // What the library overwrites between an answer's publication and the broker's look is the
    // worker's own answer: of what was in flight, nobody can say that it is right.
    signer.finish().requireEachEndedOnce(4);
    LoadClient after = brokers.load(Options.sign(broker.socket(), "hsm:card/sign-1"));
    after.awaitMoreAnswers(20);
    after.finish().requireAllAnswered();
    neighbour.finish().requireAllAnswered();
  }
}
