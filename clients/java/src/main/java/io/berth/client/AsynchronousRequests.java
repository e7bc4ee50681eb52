// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The asynchronous requests of one client: their deadlines, and the ones that wait for a new
 * connection.
 *
 * <p>One daemon thread, started with the first such request, ends those whose time is over,
 * wherever they are.
 */
final class AsynchronousRequests {
  private static final long IDLE = Long.MAX_VALUE;

  private final BerthClient client;
  private final Executor executor;
  private final Set<AsynchronousCall> outstanding = ConcurrentHashMap.newKeySet();

  /** Nanoseconds from {@link #origin} to the next deadline; {@link #IDLE} without one. */
  private final AtomicLong nextNanos = new AtomicLong(IDLE);

  private final long origin = System.nanoTime();
  private final Object starting = new Object();
  private volatile Thread clock;
  private volatile boolean closed;

  AsynchronousRequests(BerthClient client, Executor executor) {
    this.client = client;
    this.executor = executor;
  }

  CompletableFuture<Reply> submit(Resource resource, Request request) {
    Request copy = request.privateCopy();
    AsynchronousCall call =
        new AsynchronousCall(resource, copy, System.nanoTime() + copy.timeoutNanos(), executor);
    outstanding.add(call);
    watch(call.deadlineNanos);
    if (client.isConnected()) {
      start(call);
    } else if (call.move(Call.WAITING, Call.RESEND)) {
      // Without a broker the caller is not kept waiting: it goes out with the others as soon as
      // there is one.
      client.sendAgain(call);
    }
    return call.future();
  }

  /** Sends it, for the first time or again; a failure completes the future. */
  void start(AsynchronousCall call) {
    try {
      send(call);
    } catch (BerthException e) {
      call.abandon(e);
    }
  }

  private void send(AsynchronousCall call) {
    while (call.state() == Call.WAITING) {
      Grant grant = client.exchange().grantFor(call);
      Connection connection = grant.connection;
      Reception reception = connection.reception();
      long snapshot = reception.returns();
      call.countAt(reception);
      boolean sent = false;
      Submission.Outcome outcome;
      try {
        outcome = connection.submission().send(call, grant);
        sent = outcome == Submission.Outcome.SENT;
      } finally {
        // One that was given up while it was being sent is looked for by nobody.
        if (!sent || call.state() == Call.ABANDONED) {
          call.uncount();
        }
      }
      if (sent) {
        reception.asynchronousPublished();
        return;
      }
      if (outcome == Submission.Outcome.NO_ROOM) {
        client.exchange().awaitRoom(connection, snapshot, call);
      } else {
        client.exchange().pause(connection, call.deadlineNanos);
      }
    }
  }

  void forget(AsynchronousCall call) {
    outstanding.remove(call);
  }

  private void watch(long deadlineNanos) {
    long wanted = deadlineNanos - origin;
    long before = nextNanos.getAndAccumulate(wanted, Math::min);
    Thread running = clock;
    if (running == null) {
      synchronized (starting) {
        if (clock == null && !closed) {
          Thread thread = new Thread(this::serveDeadlines, client.threadName() + "-deadlines");
          thread.setDaemon(true);
          clock = thread;
          thread.start();
        }
      }
    } else if (wanted < before) {
      LockSupport.unpark(running);
    }
  }

  private void serveDeadlines() {
    while (!closed) {
      long now = System.nanoTime() - origin;
      long next = nextNanos.get();
      if (next > now) {
        if (next == IDLE) {
          LockSupport.park(this);
        } else {
          LockSupport.parkNanos(this, next - now);
        }
        continue;
      }
      // New ones set it anew from here on; the rest are found below.
      nextNanos.set(IDLE);
      long earliest = IDLE;
      for (AsynchronousCall each : outstanding) {
        long deadline = each.deadlineNanos - origin;
        if (deadline <= now) {
          each.abandon(
              each.state() == Call.RESEND
                  ? client.noBroker(each.where())
                  : Exchange.timedOut(each));
        } else {
          earliest = Math.min(earliest, deadline);
        }
      }
      nextNanos.accumulateAndGet(earliest, Math::min);
    }
  }

  /** Ends everything that is still open. */
  void close() {
    closed = true;
    LockSupport.unpark(clock);
    List<AsynchronousCall> left = new ArrayList<>(outstanding);
    for (AsynchronousCall each : left) {
      each.abandon(client.closedFailure(each.where()));
    }
  }
}
