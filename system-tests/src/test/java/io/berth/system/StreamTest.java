// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.ReplyStream;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.ProcessView;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Answers in parts, paced by their readers. */
final class StreamTest {
  private static final int PART_BYTES = 100;

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;

  @BeforeEach
  void start() throws Exception {
    broker = brokers.start(BrokerSetup.make().echoWithLanes("bench", 2)).awaitEcho("echo:bench");
  }

  private static Request count(int parts) {
    ByteBuffer payload = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    payload.putInt(parts).putInt(PART_BYTES);
    return Request.of(EchoOperation.COUNT)
        .payload(payload.array())
        .replyLimit(PART_BYTES)
        .timeout(Duration.ofSeconds(30));
  }

  private static void assertPart(int number, byte[] part) {
    byte[] expected = new byte[PART_BYTES];
    Arrays.fill(expected, (byte) number);
    assertArrayEquals(expected, part, "part " + number);
  }

  @Test
  void every_part_arrives_once_and_in_order_whatever_the_credit() {
    try (BerthClient client = broker.client("reader");
        Resource bench = client.open("echo:bench")) {
      for (int credit : new int[] {1, 2, 7, 64}) {
        try (ReplyStream parts = bench.stream(count(1_000), credit)) {
          int number = 0;
          while (parts.hasNext()) {
            byte[] part = parts.next();
            if (part.length > 0 || parts.hasNext()) {
              assertPart(number++, part);
            }
          }
          assertEquals(1_000, number, "with credit " + credit);
        }
      }
    }
  }

  @Test
  void a_slow_reader_holds_up_nobody_else() throws Exception {
    LoadClient other = brokers.load(Options.java(broker.socket(), "echo:bench"));
    try (BerthClient client = broker.client("slow");
        Resource bench = client.open("echo:bench");
        ReplyStream first = bench.stream(count(100), 1);
        ReplyStream second = bench.stream(count(100), 1);
        ReplyStream third = bench.stream(count(100), 1)) {
      assertPart(0, first.next());
      assertPart(0, second.next());
      assertPart(0, third.next());
      // More paused streams than lanes.
      other.awaitMoreAnswers(500);
      for (int number = 1; number < 100; number++) {
        assertPart(number, first.next());
        assertPart(number, second.next());
        assertPart(number, third.next());
      }
    }
    other.finish().requireAllAnswered();
  }

  @Test
  void a_stream_cancelled_halfway_frees_its_lane_and_its_place() {
    try (BerthClient client = broker.client("canceller");
        Resource bench = client.open("echo:bench")) {
      for (int i = 0; i < 200; i++) {
        try (ReplyStream parts = bench.stream(count(1_000_000), 4)) {
          assertPart(0, parts.next());
          assertPart(1, parts.next());
        }
      }
      bench.call(Request.of(EchoOperation.ECHO).timeout(Duration.ofSeconds(60)));
    }
  }

  @Test
  void a_stream_whose_worker_is_killed_ends_with_an_unknown_outcome_and_no_part_twice() {
    try (BerthClient client = broker.client("unlucky");
        Resource bench = client.open("echo:bench");
        ReplyStream parts = bench.stream(count(1_000_000).idempotent(), 2)) {
      int number = 0;
      assertPart(number++, parts.next());
      ProcessView worker = broker.worker("bench");
      worker.signal("KILL");
      BerthException end = null;
      while (end == null) {
        try {
          assertPart(number, parts.next());
          number++;
        } catch (BerthException e) {
          end = e;
        }
      }
      assertEquals(Reason.WORKER_LOST_OUTCOME_UNKNOWN, end.reason(), end.toString());
      assertTrue(number < 1_000_000);
    }
  }

  @Test
  void parts_longer_than_the_reply_limit_are_refused_by_the_driver() {
    try (BerthClient client = broker.client("greedy");
        Resource bench = client.open("echo:bench");
        ReplyStream parts = bench.stream(count(3).replyLimit(PART_BYTES - 1), 2)) {
      assertThrows(BerthException.class, parts::next);
      assertFalse(!broker.isAlive());
    }
  }
}
