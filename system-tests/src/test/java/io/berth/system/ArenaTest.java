// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Block;
import io.berth.client.Direction;
import io.berth.client.Reason;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.BlockHolderMain;
import io.berth.system.load.JavaProcess;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.ResourceUse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Large data by reference, while those who use it die or give it back early. */
final class ArenaTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int[] SIZES = {1, 4_095, 4_096, 65_537, 1 << 20, 16 << 20};

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;

  @BeforeEach
  void start() throws Exception {
    broker = brokers.start(BrokerSetup.make().echoWithLanes("bench", 2)).awaitEcho("echo:bench");
  }

  private static Block filled(Resource resource, int bytes, long seed) {
    Block block = resource.allocate(Direction.INPUT, bytes);
    block.buffer().put(content(bytes, seed));
    return block;
  }

  private static byte[] content(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static void assertEchoed(Resource resource, Block input, Block output, long seed) {
    Reply reply =
        resource.call(
            Request.of(EchoOperation.ECHO)
                .input(input)
                .output(output)
                .idempotent()
                .timeout(PATIENCE));
    assertEquals(input.bytes(), reply.outputBytes());
    ByteBuffer out = output.buffer();
    out.limit(input.bytes());
    assertEquals(ByteBuffer.wrap(content(input.bytes(), seed)), out, "bytes of the block");
  }

  @Test
  void blocks_of_all_sizes_go_through_unchanged() {
    try (BerthClient client = broker.client("blocks");
        Resource bench = client.open("echo:bench")) {
      for (int bytes : SIZES) {
        for (int round = 0; round < 3; round++) {
          try (Block input = filled(bench, bytes, bytes + round);
              Block output = bench.allocate(Direction.OUTPUT, bytes)) {
            assertEchoed(bench, input, output, bytes + round);
          }
        }
      }
    }
  }

  @Test
  void an_output_block_in_flight_is_pinned_whatever_its_caller_does() throws Exception {
    try (BerthClient client = broker.client("pins");
        Resource bench = client.open("echo:bench");
        Block output = bench.allocate(Direction.OUTPUT, 4096)) {
      // Longer than any pause of the machine; the test ends it.
      ByteBuffer minute = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      minute.putInt(60_000_000).flip();
      CompletableFuture<Reply> slow =
          bench.submit(
              Request.of(EchoOperation.DELAY)
                  .payload(minute)
                  .output(output)
                  .timeout(Duration.ofMinutes(1)));
      BerthException end =
          assertThrows(
              BerthException.class,
              () -> bench.call(Request.of(EchoOperation.ECHO).output(output).timeout(PATIENCE)));
      assertEquals(Reason.BLOCK_PINNED, end.reason());
      // Not its caller's turning away frees the block, but the worker's END, which the next request
      // that names the block looks for.
      slow.cancel(true);
      Await.until("the block is free", () -> isFree(bench, output), broker::tails);
    }
  }

  private static boolean isFree(Resource resource, Block output) {
    try {
      resource.call(Request.of(EchoOperation.ECHO).output(output).timeout(PATIENCE));
      return true;
    } catch (BerthException e) {
      assertEquals(Reason.BLOCK_PINNED, e.reason(), e.toString());
      return false;
    }
  }

  @Test
  void blocks_of_a_broker_that_was_killed_serve_at_the_next_with_their_content() throws Exception {
    try (BerthClient client = broker.client("survivor");
        Resource bench = client.open("echo:bench");
        Block input = filled(bench, 4096, 1);
        Block output = bench.allocate(Direction.OUTPUT, 4096)) {
      assertEchoed(bench, input, output, 1);
      broker.kill();
      broker.startAgain();
      assertEchoed(bench, input, output, 1);
    }
  }

  @Test
  void a_successor_of_a_killed_worker_serves_the_same_blocks() {
    try (BerthClient client = broker.client("survivor");
        Resource bench = client.open("echo:bench");
        Block input = filled(bench, 1 << 20, 3);
        Block output = bench.allocate(Direction.OUTPUT, 1 << 20)) {
      assertEchoed(bench, input, output, 3);
      ProcessView first = broker.worker("bench");
      first.signal("KILL");
      assertEchoed(bench, input, output, 3);
      assertFalse(first.isAlive());
    }
  }

  @Test
  void memory_of_a_client_that_is_killed_with_blocks_in_flight_comes_back() throws Exception {
    ProcessView worker = broker.worker("bench");
    ResourceUse before = ResourceUse.of(broker.view());
    ResourceUse workerBefore = ResourceUse.of(worker);
    for (int i = 0; i < 2; i++) {
      try (JavaProcess holder =
          JavaProcess.start(BlockHolderMain.class, broker.socket(), "echo:bench")) {
        holder.awaitLine("holding");
        assertTrue(
            ResourceUse.of(broker.view()).memoryFiles() > before.memoryFiles(),
            "the broker shows the segments");
      }
    }
    ResourceUse.awaitNoMoreThan(before, broker.view());
    ResourceUse.awaitNoMoreThan(workerBefore, worker);
  }

  @Test
  void more_than_the_budget_is_refused_and_what_is_given_back_can_be_had_again() throws Exception {
    BrokerSetup small =
        BrokerSetup.make()
            .broker("memory_limit_mb: 64")
            .broker("arena: {max_segment_mb: 8, max_mb_per_session: 16, max_mb_total: 16}");
    RunningBroker limited = brokers.start(small.echoWithLanes("bench", 1));
    limited.awaitEcho("echo:bench");
    for (int round = 0; round < 3; round++) {
      try (BerthClient client = limited.client("greedy");
          Resource bench = client.open("echo:bench")) {
        List<Block> blocks = new ArrayList<>();
        // The broker has a client's memory back when the worker, too, has let go of it.
        Await.until(
            "there is room for two blocks",
            () -> {
              try {
                blocks.add(bench.allocate(Direction.INPUT, 8 << 20));
              } catch (BerthException e) {
                assertEquals(Reason.BUDGET_EXCEEDED, e.reason(), e.toString());
              }
              return blocks.size() == 2;
            },
            limited::tails);
        BerthException end =
            assertThrows(
                BerthException.class, () -> bench.allocate(Direction.INPUT, 8 << 20).close());
        assertEquals(Reason.BUDGET_EXCEEDED, end.reason());
        blocks.forEach(Block::close);
      }
    }
  }
}
