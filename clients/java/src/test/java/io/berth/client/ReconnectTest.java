// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReconnectTest extends PeerTest {
  private static final long PATIENT = 30_000_000_000L;

  private final List<Frame> taken = new CopyOnWriteArrayList<>();

  private void holdFirstKillAfter(int frames) {
    peer.requests =
        (session, frame) -> {
          taken.add(frame);
          if (taken.size() >= frames) {
            peer.requests = this::serveAndRemember;
            session.kill();
          }
        };
  }

  private void serveAndRemember(io.berth.client.peer.PeerSession session, Frame frame) {
    taken.add(frame);
    PeerBroker.serve(session, frame);
  }

  @Test
  void an_idempotent_call_survives_the_broker_and_says_that_it_was_sent_again() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      holdFirstKillAfter(1);
      Request request = echo(4).idempotent().timeoutNanos(PATIENT);
      assertEquals(4, numberOf(echo.call(request).payload()));
      assertEquals(2, taken.size());
      assertTrue(!taken.get(0).isResubmitted() && taken.get(1).isResubmitted());
      assertEquals(2, peer.opened.size());
    }
  }

  @Test
  void another_call_that_the_broker_had_taken_ends_with_its_outcome_unknown() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      holdFirstKillAfter(1);
      OutcomeUnknownException unknown =
          assertThrows(
              OutcomeUnknownException.class, () -> echo.call(echo(4).timeoutNanos(PATIENT)));
      assertEquals(Reason.CONNECTION_LOST_OUTCOME_UNKNOWN, unknown.reason());
      assertEquals(1, taken.size());
      assertEquals(5, numberOf(echo.call(echo(5).timeoutNanos(PATIENT)).payload()));
    }
  }

  @Test
  void a_call_that_the_broker_never_took_is_sent_again_though_it_is_not_idempotent()
      throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      peer.deaf = true;
      peer.requests = this::serveAndRemember;
      CompletableFuture<Reply> future = echo.submit(echo(6).timeoutNanos(PATIENT));
      peer.kill();
      peer.deaf = false;
      peer.start();
      assertEquals(6, numberOf(future.get().payload()));
      assertEquals(1, taken.size());
      assertTrue(taken.get(0).isResubmitted());
    }
  }

  @Test
  void futures_of_a_lost_broker_are_sent_again_or_fail_each_for_itself() throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      holdFirstKillAfter(20);
      List<CompletableFuture<Reply>> futures = new ArrayList<>();
      for (long i = 0; i < 20; i++) {
        futures.add(echo.submit(echo(i).idempotent(i % 2 == 0).timeoutNanos(PATIENT)));
      }
      for (int i = 0; i < 20; i++) {
        if (i % 2 == 0) {
          assertEquals(i, numberOf(futures.get(i).get().payload()));
        } else {
          ExecutionException failed = assertThrows(ExecutionException.class, futures.get(i)::get);
          assertInstanceOf(OutcomeUnknownException.class, failed.getCause());
        }
      }
    }
  }

  @Test
  void without_a_broker_calls_end_unavailable_by_their_own_clock_and_later_ones_succeed()
      throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      peer.kill();
      // Whoever asks before it is seen that nobody answers, is told that nobody did in time.
      await(() -> !client.isConnected());
      UnavailableException gone =
          assertThrows(
              UnavailableException.class,
              () -> echo.call(echo(1).idempotent().timeoutNanos(30_000_000)));
      assertTrue(gone.getMessage().contains(peer.socket()), gone.getMessage());
      CompletableFuture<Reply> future = echo.submit(echo(2).idempotent().timeoutNanos(PATIENT));
      peer.start();
      assertEquals(2, numberOf(future.get().payload()));
      assertEquals(3, numberOf(echo.call(echo(3).timeoutNanos(PATIENT)).payload()));
    }
  }

  @Test
  void nobody_notices_brokers_that_are_killed_under_load() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    AtomicBoolean stop = new AtomicBoolean();
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      List<Future<Long>> done = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        long base = thread * 1_000_000_000L;
        done.add(
            threads.submit(
                () -> {
                  long i = base;
                  for (; !stop.get(); i++) {
                    Request request = echo(i).idempotent().timeoutNanos(PATIENT);
                    assertEquals(i, numberOf(echo.call(request).payload()));
                    assertEquals(
                        -i,
                        numberOf(
                            echo.submit(echo(-i).idempotent().timeoutNanos(PATIENT))
                                .get()
                                .payload()));
                  }
                  return i - base;
                }));
      }
      for (int kill = 0; kill < 10; kill++) {
        int sessions = peer.connections.get();
        peer.kill();
        peer.start();
        await(() -> peer.connections.get() > sessions && client.isConnected());
      }
      stop.set(true);
      for (Future<Long> each : done) {
        assertTrue(each.get() > 0);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void goaway_moves_new_requests_to_a_new_session_and_ends_old_ones_in_the_old() throws Exception {
    List<Frame> held = new CopyOnWriteArrayList<>();
    peer.requests = (session, frame) -> held.add(frame);
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      CompletableFuture<Reply> old = echo.submit(echo(1).timeoutNanos(PATIENT));
      await(() -> !held.isEmpty());
      long first = peer.sessions.iterator().next().number;
      AtomicBoolean answer = new AtomicBoolean();
      AtomicBoolean told = new AtomicBoolean();
      peer.idle =
          session -> {
            if (session.number == first && told.compareAndSet(false, true)) {
              session.tell(70, 36, "reload");
            } else if (session.number == first && answer.compareAndSet(true, false)) {
              session.reply(held.get(0), held.get(0).payload);
              session.publish();
            }
          };
      await(() -> peer.connections.get() == 2);
      peer.requests = PeerBroker::serve;
      assertEquals(2, numberOf(echo.call(echo(2).timeoutNanos(PATIENT)).payload()));
      assertTrue(!old.isDone());
      answer.set(true);
      assertEquals(1, numberOf(old.get().payload()));
      await(() -> peer.goodbyes.get() == 1);
    }
  }

  @Test
  void a_request_turned_away_by_a_broker_that_goes_is_carried_out_by_the_next() throws Exception {
    AtomicBoolean going = new AtomicBoolean(true);
    peer.requests =
        (session, frame) -> {
          if (going.compareAndSet(true, false)) {
            session.fail(frame, 14, 20, "going away");
          } else {
            PeerBroker.serve(session, frame);
          }
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      assertEquals(1, numberOf(echo.call(echo(1).timeoutNanos(PATIENT)).payload()));
      going.set(true);
      assertEquals(2, numberOf(echo.submit(echo(2).timeoutNanos(PATIENT)).get().payload()));
    }
  }

  @Test
  void closing_ends_what_is_in_flight_and_gives_everything_back() {
    long before = openDescriptors();
    peer.requests = (session, frame) -> {};
    for (int i = 0; i < 8; i++) {
      BerthClient client = connect();
      Resource echo = client.open("echo:main");
      CompletableFuture<Reply> future = echo.submit(echo(1).timeoutNanos(PATIENT));
      CompletableFuture<Throwable> blocked =
          CompletableFuture.supplyAsync(
              () ->
                  assertThrows(
                      BerthException.class, () -> echo.call(echo(2).timeoutNanos(PATIENT))));
      await(() -> peer.sessions.stream().count() == 1);
      client.close();
      assertTrue(future.isCompletedExceptionally());
      assertInstanceOf(BerthException.class, blocked.join());
      await(() -> peer.sessions.isEmpty());
    }
    awaitNoMoreDescriptorsThan(before);
  }
}
