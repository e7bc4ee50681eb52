// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BlockTest extends PeerTest {
  private static final long LONG = 20_000_000_000L;

  @Test
  void a_megabyte_goes_and_comes_back_by_reference() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        Block input = echo.allocate(Direction.INPUT, 1_000_000);
        Block output = echo.allocate(Direction.OUTPUT, 1_000_000)) {
      ByteBuffer written = input.buffer();
      for (int i = 0; i < 1_000_000; i++) {
        written.put(i, (byte) (i * 31));
      }
      Reply reply = echo.call(patient(ECHO).input(input).output(output));
      assertEquals(1_000_000, reply.outputBytes());
      assertEquals(input.buffer(), output.buffer());
      assertTrue(output.buffer().isReadOnly());
    }
  }

  @Test
  void a_block_given_back_is_used_again_without_asking_the_broker() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      for (int i = 0; i < 1000; i++) {
        try (Block first = echo.allocate(Direction.INPUT, 300_000);
            Block second = echo.allocate(Direction.INPUT, 300_000)) {
          first.buffer().putInt(0, 1);
          second.buffer().putInt(0, 2);
          assertEquals(1, first.buffer().getInt(0));
        }
      }
      PeerSessionCount.assertSegments(peer, 1);
    }
  }

  @Test
  void use_after_close_and_with_another_resource_are_errors() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        Resource other = client.open("echo:other")) {
      Block closed = echo.allocate(Direction.INPUT, 64);
      closed.close();
      closed.close();
      assertThrows(IllegalStateException.class, closed::buffer);
      assertThrows(IllegalStateException.class, () -> echo.call(Request.of(ECHO).input(closed)));

      Block foreign = other.allocate(Direction.INPUT, 64);
      BerthException error =
          assertThrows(BerthException.class, () -> echo.call(Request.of(ECHO).input(foreign)));
      assertEquals(Reason.STALE_REFERENCE, error.reason());
      assertTrue(error.getMessage().contains("echo:other"), error.getMessage());
    }
  }

  /** The broker says GOAWAY to the sessions that there are; the client has another afterwards. */
  private void reload(BerthClient client) {
    Set<Long> old = ConcurrentHashMap.newKeySet();
    peer.sessions.forEach(session -> old.add(session.number));
    int connections = peer.connections.get();
    peer.idle =
        session -> {
          if (old.remove(session.number)) {
            session.tell(70, 36, "reload");
          }
        };
    await(() -> peer.connections.get() > connections && client.isConnected());
  }

  private static void fill(ByteBuffer buffer, int seed) {
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (byte) (seed + i * 31));
    }
  }

  @Test
  void blocks_that_are_held_go_over_to_the_next_broker_with_what_stands_in_them() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        Block input = echo.allocate(Direction.INPUT, 5_000);
        Block output = echo.allocate(Direction.OUTPUT, 5_000)) {
      ByteBuffer kept = input.buffer();
      for (int seed = 0; seed < 4; seed++) {
        // Written through the buffer of the first session: what is sent is what stands there.
        fill(kept, seed);
        if (seed > 0) {
          reload(client);
        }
        for (int i = 0; i < 2; i++) {
          fill(kept, seed + i);
          Reply reply = echo.call(Request.of(ECHO).input(input).output(output).timeoutNanos(LONG));
          assertEquals(5_000, reply.outputBytes());
          assertEquals(kept, output.buffer());
        }
      }
      // From now on the buffer of this session counts, and it begins with what was there.
      ByteBuffer now = input.buffer();
      assertEquals(kept, now);
      fill(now, 77);
      echo.submit(Request.of(ECHO).input(input).output(output).timeoutNanos(LONG)).join();
      assertEquals(now, output.buffer());
    }
  }

  @Test
  void blocks_that_are_held_survive_a_broker_that_is_killed() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        Block input = echo.allocate(Direction.INPUT, 64);
        Block output = echo.allocate(Direction.OUTPUT, 64)) {
      fill(input.buffer(), 3);
      peer.kill();
      await(() -> !client.isConnected());
      peer.start();
      echo.call(Request.of(ECHO).input(input).output(output).timeoutNanos(LONG));
      assertEquals(input.buffer(), output.buffer());
    }
  }

  @Test
  void a_request_with_blocks_that_may_be_repeated_is_sent_again_after_a_loss() throws Exception {
    AtomicInteger taken = new AtomicInteger();
    peer.requests = (session, frame) -> taken.incrementAndGet();
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        Block input = echo.allocate(Direction.INPUT, 64);
        Block output = echo.allocate(Direction.OUTPUT, 64)) {
      fill(input.buffer(), 9);
      CompletableFuture<Reply> blocking =
          CompletableFuture.supplyAsync(
              () ->
                  echo.call(
                      Request.of(ECHO)
                          .input(input)
                          .output(output)
                          .idempotent()
                          .timeoutNanos(LONG)));
      await(() -> taken.get() == 1);
      peer.kill();
      peer.requests = PeerBroker::serve;
      peer.start();
      assertEquals(64, blocking.get().outputBytes());
      assertEquals(input.buffer(), output.buffer());
    }
  }

  @Test
  void an_output_that_an_old_session_may_still_write_is_not_moved_before_that_has_ended() {
    List<Frame> held = new CopyOnWriteArrayList<>();
    peer.requests = (session, frame) -> held.add(frame);
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main");
        Block output = echo.allocate(Direction.OUTPUT, 64)) {
      CompletableFuture<Reply> old =
          echo.submit(Request.of(ECHO).output(output).timeoutNanos(LONG));
      await(() -> held.size() == 1);
      reload(client);
      BerthException error =
          assertThrows(
              BerthException.class,
              () -> echo.call(Request.of(ECHO).output(output).timeoutNanos(LONG)));
      assertEquals(Reason.BLOCK_PINNED, error.reason());
      assertFalse(old.isDone());
    }
  }

  @Test
  void after_a_time_out_a_block_is_not_reused_before_the_requests_end() {
    List<Frame> held = new CopyOnWriteArrayList<>();
    peer.requests =
        (session, frame) -> {
          if (frame.type == 1 && frame.outputLength > 0 && held.isEmpty()) {
            held.add(frame);
          } else if (frame.type == 1 && frame.outputLength == 0) {
            held.forEach(each -> session.replyWithOutput(each, new byte[0], 64));
            PeerBroker.serve(session, frame);
          }
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      Block first = echo.allocate(Direction.OUTPUT, 64);
      assertThrows(
          DeadlineExceededException.class,
          () -> echo.call(Request.of(ECHO).output(first).timeoutNanos(5_000_000)));
      first.close();
      Block second = echo.allocate(Direction.OUTPUT, 64);
      assertEquals(3, numberOf(echo.call(echo(3)).payload()));
      Block third = echo.allocate(Direction.OUTPUT, 64);
      assertThrows(
          DeadlineExceededException.class,
          () -> echo.call(Request.of(ECHO).output(second).timeoutNanos(5_000_000)));
      assertThrows(
          DeadlineExceededException.class,
          () -> echo.call(Request.of(ECHO).output(third).timeoutNanos(5_000_000)));
      long firstOffset = held.get(0).outputOffset;
      assertEquals(firstOffset, third.offset());
      assertNotEquals(firstOffset, second.offset());
    }
  }

  private static final class PeerSessionCount {
    static void assertSegments(PeerBroker peer, int expected) {
      peer.sessions.forEach(
          session -> {
            assertTrue(session.segment(expected) != null);
            assertEquals(null, session.segment(expected + 1));
          });
    }
  }
}
