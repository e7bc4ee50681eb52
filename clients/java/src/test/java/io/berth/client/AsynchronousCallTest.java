// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.client.peer.Frame;
import io.berth.client.peer.PeerBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class AsynchronousCallTest extends PeerTest {
  @Test
  void thousands_in_flight_each_complete_with_their_own_answer() throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      List<CompletableFuture<Reply>> futures = new ArrayList<>();
      for (long i = 0; i < 5000; i++) {
        futures.add(echo.submit(echo(i).replyLimit(64).timeoutNanos(30_000_000_000L)));
      }
      for (int i = 0; i < futures.size(); i++) {
        assertEquals(i, numberOf(futures.get(i).get().payload()));
      }
    }
  }

  @Test
  void futures_complete_while_nobody_calls_and_while_somebody_does() throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      for (long i = 0; i < 300; i++) {
        CompletableFuture<Reply> future = echo.submit(echo(i));
        if (i % 3 == 0) {
          assertEquals(-i, numberOf(echo.call(echo(-i)).payload()));
        }
        assertEquals(i, numberOf(future.get().payload()));
      }
    }
  }

  @Test
  void a_completion_may_call_again() throws Exception {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      for (long i = 0; i < 100; i++) {
        long next = i + 1;
        CompletableFuture<Long> second =
            echo.submit(echo(i)).thenApply(first -> numberOf(echo.call(echo(next)).payload()));
        assertEquals(next, second.get());
      }
    }
  }

  @Test
  void futures_complete_on_the_executor_that_was_given() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor(r -> new Thread(r, "given"));
    try (BerthClient client =
            BerthClient.builder()
                .socket(peer.socket())
                .executor(executor)
                .connectTimeout(PATIENCE)
                .connect();
        Resource echo = client.open("echo:main")) {
      // Held back until the dependent stage hangs on it.
      List<Frame> held = new CopyOnWriteArrayList<>();
      peer.requests = (session, frame) -> held.add(frame);
      peer.idle =
          session -> {
            held.forEach(each -> session.reply(each, each.payload));
            held.clear();
            session.publish();
          };
      CompletableFuture<String> where =
          echo.submit(echo(1)).thenApply(reply -> Thread.currentThread().getName());
      String name = where.get();
      if (!name.equals(Thread.currentThread().getName())) {
        assertEquals("given", name);
      }
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void a_future_without_an_answer_ends_by_its_own_clock() {
    peer.requests = (session, frame) -> {};
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      CompletableFuture<Reply> patient = echo.submit(echo(1).timeoutNanos(200_000_000));
      CompletableFuture<Reply> hasty = echo.submit(echo(2).timeoutNanos(10_000_000));
      for (CompletableFuture<Reply> each : List.of(hasty, patient)) {
        ExecutionException late = assertThrows(ExecutionException.class, each::get);
        assertInstanceOf(DeadlineExceededException.class, late.getCause());
      }
    }
  }

  @Test
  void cancelling_tells_the_broker_and_frees_the_place_only_at_its_end() {
    peer.maxInFlight = 1;
    List<Frame> cancelled = new CopyOnWriteArrayList<>();
    peer.requests =
        (session, frame) -> {
          if (frame.type == 4) {
            cancelled.add(frame);
            session.fail(frame, 1, 17, "cancelled");
          } else if (numberOf(frame.payload) != 1) {
            PeerBroker.serve(session, frame);
          }
        };
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      CompletableFuture<Reply> future = echo.submit(echo(1).timeoutNanos(30_000_000_000L));
      future.cancel(true);
      assertEquals(2, numberOf(echo.call(echo(2)).payload()));
      assertEquals(1, cancelled.size());
    }
  }

  @Test
  void a_batch_goes_with_one_publication_and_each_reply_stands_at_its_requests_place() {
    try (BerthClient client = connect();
        Resource echo = client.open("echo:main")) {
      List<Request> requests = new ArrayList<>();
      for (long i = 0; i < 1000; i++) {
        requests.add(
            i == 7 ? patient(99) : i == 9 ? patient(ECHO).payload(new byte[9999]) : echo(i));
      }
      List<Reply> replies = echo.callAll(requests);
      for (int i = 0; i < replies.size(); i++) {
        Reply reply = replies.get(i);
        if (i == 7) {
          assertEquals(StatusCode.UNIMPLEMENTED, reply.status());
        } else if (i == 9) {
          assertEquals(Reason.PAYLOAD_TOO_LARGE, reply.reason());
        } else {
          assertEquals(i, numberOf(reply.orThrow().payload()));
        }
      }
    }
  }
}
