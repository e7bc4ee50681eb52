// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import io.berth.client.peer.PeerSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** What a broker gone mad writes ends the session with a reason; it never harms the application. */
class HostileBrokerTest extends PeerTest {
  private void endsTheSession(BiConsumer<PeerSession, Frame> nonsense, String reason) {
    peer.requests =
        (session, frame) -> {
          peer.requests = PeerBroker::serve;
          nonsense.accept(session, frame);
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      OutcomeUnknownException ended =
          assertThrows(
              OutcomeUnknownException.class,
              () -> echo.call(echo(1).timeoutNanos(30_000_000_000L)));
      assertTrue(ended.getMessage().contains(reason), ended.getMessage());
      assertEquals(2, numberOf(echo.call(echo(2).timeoutNanos(30_000_000_000L)).payload()));
    }
  }

  private void spoiledAnswer(int offset, int value, String reason) {
    endsTheSession(
        (session, frame) -> {
          int at = session.record(64, 2);
          for (int word = 8; word < 64; word += 4) {
            session.ownRegion().putInt(at + word, 0);
          }
          session.ownRegion().putLong(at + 8, frame.correlation);
          session.ownRegion().putInt(at + offset, value);
        },
        reason);
  }

  @Test
  void record_lengths_that_cannot_be() {
    for (int length : new int[] {0, 7, -8, 72, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      spoiledAnswer(0, length, "response ring: ");
    }
  }

  @Test
  void types_that_do_not_belong_here() {
    for (int type : new int[] {0, 1, 3, 16, -2}) {
      spoiledAnswer(4, type, "of type " + type);
    }
    spoiledAnswer(4, -1, "padding");
  }

  @Test
  void payload_lengths_that_do_not_fit_the_record() {
    for (int bytes : new int[] {1, -1, 4097, Integer.MAX_VALUE}) {
      spoiledAnswer(44, bytes, "payload of " + bytes);
    }
  }

  @Test
  void blocks_and_parts_that_were_not_asked_for() {
    spoiledAnswer(32, 32, "blocks of 24");
    spoiledAnswer(32, 2, "a part without credit");
  }

  @Test
  void a_payload_longer_than_what_was_reserved() {
    peer.requests =
        (session, frame) -> {
          peer.requests = PeerBroker::serve;
          session.reply(frame, new byte[201]);
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      assertThrows(
          OutcomeUnknownException.class,
          () -> echo.call(echo(1).replyLimit(8).timeoutNanos(30_000_000_000L)));
    }
  }

  @Test
  void tails_and_heads_that_run_away() {
    for (long tail : new long[] {-8, 4, 1 << 20, Long.MAX_VALUE, Long.MIN_VALUE}) {
      endsTheSession((session, frame) -> session.setTail(tail), "tail");
    }
    peer.requests =
        (session, frame) -> {
          session.reply(frame, frame.payload);
          session.ownRegion().putLong(256, 1L << 40);
        };
    peer.ringBytes = 1 << 15;
    int before = peer.connections.get();
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      // What was not sent yet goes to the next session unseen; each of them ends at its first look
      // at the head.
      for (int i = 0; i < 200; i++) {
        Request request = Request.of(ECHO).payload(new byte[1000]).timeoutNanos(30_000_000_000L);
        assertEquals(1000, echo.call(request).payload().length);
      }
      assertTrue(peer.connections.get() > before + 2, "sessions: " + peer.connections.get());
    }
  }

  @Test
  void answers_to_nothing_are_dropped() {
    peer.requests =
        (session, frame) -> {
          long asked = frame.correlation;
          for (long other : new long[] {0, -1, asked + 1, asked + (1 << 16), 0xFFFF}) {
            frame.correlation = other;
            session.reply(frame, bytesOf(13));
          }
          frame.correlation = asked;
          session.reply(frame, frame.payload);
          session.reply(frame, bytesOf(14));
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      for (long i = 0; i < 500; i++) {
        assertEquals(i, numberOf(echo.call(echo(i)).payload()));
      }
    }
  }

  @Test
  void random_words_all_over_the_brokers_region_never_harm_the_application() {
    Random random = new Random(42);
    for (int round = 0; round < 60; round++) {
      peer.requests =
          (session, frame) -> {
            session.reply(frame, frame.payload);
            for (int i = 0; i < 40; i++) {
              int at = i % 2 == 0 ? 4 * random.nextInt(200) : 65_536 + 4 * random.nextInt(64);
              session.ownRegion().putInt(at, i % 3 == 0 ? random.nextInt() : random.nextInt(200));
            }
          };
      try (BerthClient client = connect();
          Resource echo = client.open("echo:main")) {
        for (int i = 0; i < 5; i++) {
          try {
            echo.call(echo(i).timeoutNanos(20_000_000));
          } catch (BerthException expected) {
            assertTrue(!expected.getMessage().isEmpty());
          }
        }
      }
    }
  }

  @Test
  void handshakes_that_are_not_one_are_refused_and_leave_nothing_behind() {
    connectRefusedAnd();
    long before = openDescriptors();
    List<PeerBroker.Handshake> bad = new ArrayList<>();
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> w.putShort(0, (short) 2)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> w.putInt(28, 5000)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> w.putInt(32, 1 << 29)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> w.putInt(36, 1 << 30)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> w.putInt(40, 0)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> w.limit(20)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> c.putLong(0, 1)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> b.putInt(20, 1 << 30)));
    bad.add((s, token) -> s.welcome(token, (w, c, b) -> b.putInt(16, 1)));
    bad.add((s, token) -> s.refuse(token, 8, 27, "16 sessions of 16 are in use"));
    bad.add((s, token) -> s.kill());
    bad.add((s, token) -> s.send(66, token, java.nio.ByteBuffer.allocate(0)));
    for (PeerBroker.Handshake each : bad) {
      peer.handshake = each;
      connectRefusedAnd();
    }
    peer.handshake = (s, token) -> s.welcome(token, (w, c, b) -> {});
    peer.sealed = false;
    connectRefusedAnd();
    await(() -> peer.sessions.isEmpty());
    awaitNoMoreDescriptorsThan(before);
  }

  private void connectRefusedAnd() {
    if (peer.handshake == null) {
      throw new IllegalStateException("no handshake");
    }
    try (BerthClient client = connect()) {
      assertTrue(client.isConnected() && peer.connections.get() == 1);
    } catch (BerthException refused) {
      assertTrue(refused.getMessage().contains(peer.socket()), refused.getMessage());
    }
    await(() -> peer.sessions.isEmpty());
  }

  @Test
  void a_broker_that_says_nothing_at_the_handshake_costs_the_time_out_only() {
    peer.handshake = (session, token) -> {};
    UnavailableException silent =
        assertThrows(
            UnavailableException.class,
            () ->
                BerthClient.builder()
                    .socket(peer.socket())
                    .connectTimeout(Duration.ofMillis(30))
                    .connect());
    assertTrue(silent.getMessage().contains("no WELCOME within 30 ms"), silent.getMessage());
  }

  @Test
  void a_broker_that_never_answers_an_open_costs_the_time_out_only() {
    peer.mute.add("echo:mute");
    try (BerthClient client =
        BerthClient.builder()
            .socket(peer.socket())
            .connectTimeout(Duration.ofSeconds(5))
            .connect()) {
      assertThrows(DeadlineExceededException.class, () -> client.open("echo:mute"));
      assertEquals("echo:main", client.open("echo:main").name());
    }
  }

  @Test
  void an_expulsion_gives_its_reason() {
    peer.requests =
        (session, frame) -> {
          session.tell(71, 15, "malformed frame");
          session.kill();
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      OutcomeUnknownException expelled =
          assertThrows(
              OutcomeUnknownException.class,
              () -> echo.call(echo(1).timeoutNanos(30_000_000_000L)));
      assertTrue(expelled.getMessage().contains("malformed-frame"), expelled.getMessage());
    }
  }
}
