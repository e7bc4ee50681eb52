// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class BlockTest extends PeerTest {
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
      Reply reply = echo.call(Request.of(ECHO).input(input).output(output));
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
  void use_after_close_and_of_a_lost_session_are_errors() throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      Block closed = echo.allocate(Direction.INPUT, 64);
      closed.close();
      closed.close();
      assertThrows(IllegalStateException.class, closed::buffer);
      assertThrows(IllegalStateException.class, () -> echo.call(Request.of(ECHO).input(closed)));

      Block stale = echo.allocate(Direction.INPUT, 64);
      ByteBuffer kept = stale.buffer();
      peer.kill();
      await(() -> !client.isConnected());
      peer.start();
      await(client::isConnected);
      BerthException error = assertThrows(BerthException.class, stale::buffer);
      assertEquals(Reason.STALE_REFERENCE, error.reason());
      kept.putInt(0, 1); // harmless: the memory stays mapped as long as somebody can reach it
      assertEquals(9, numberOf(echo.call(echo(9)).payload()));
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
