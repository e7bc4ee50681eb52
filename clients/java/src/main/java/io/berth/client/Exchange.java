// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes blocking calls from their first step to their end, over as many connections as it takes.
 */
@SuppressWarnings("ThreadPriorityCheck") // for the moment in which the leader copies an answer
final class Exchange {
  private static final long MAX_PAUSE_NANOS = 1_000_000L;

  private final BerthClient client;

  Exchange(BerthClient client) {
    this.client = client;
  }

  /**
   * Sends and waits; afterwards the call is DONE.
   *
   * @throws BerthException if it could not be sent or its time was over
   */
  void run(Call call) {
    Connection connection = send(call);
    finish(call, connection);
  }

  /** Waits for the end of a call that is in flight, sending it again where that is right. */
  private void finish(Call call, Connection first) {
    Connection connection = first;
    for (; ; ) {
      long yieldNanos = call.resource.yieldNanos(connection.yieldNanos());
      connection.reception().await(call, call.deadlineNanos, yieldNanos);
      int state = call.state();
      if (state == Call.DONE) {
        if (!mustGoAgain(call, connection)) {
          return;
        }
      } else if (state == Call.WAITING) {
        if (call.move(Call.WAITING, Call.ABANDONED)) {
          connection.submission().cancel(call);
          throw timedOut(call);
        }
        continue;
      } else if (state != Call.RESEND) {
        // DELIVERING: the leader is copying the answer out this moment.
        Thread.yield();
        continue;
      }
      call.prepareAgain();
      connection = send(call);
    }
  }

  /**
   * Whether the broker turned the request away untouched, so that it goes to the successor or over
   * a new handle.
   */
  private static boolean mustGoAgain(Call call, Connection connection) {
    if (call.deadlineNanos - System.nanoTime() <= 0) {
      return false;
    }
    if (call.wasTurnedAwayUntouched()) {
      connection.leave("the broker goes away");
      return true;
    }
    return false;
  }

  /**
   * A grant for the resource, on whatever connection there is within the time.
   *
   * <p>{@code about} names the asker, in messages only: it is not made a string before it is
   * needed. A connection that is lost while the broker is asked says nothing about the resource:
   * the next one is asked.
   */
  Grant grant(Resource resource, long deadlineNanos, Object about) {
    for (; ; ) {
      Connection connection = client.connectionUntil(deadlineNanos, about);
      try {
        return resource.grantOn(connection, deadlineNanos);
      } catch (BerthException e) {
        if (e.reason() != Reason.CONNECTION_LOST || deadlineNanos - System.nanoTime() <= 0) {
          throw e;
        }
        pause(connection, deadlineNanos);
      }
    }
  }

  /** The grant over which the call can go now, with the blocks that it names in its session. */
  Grant grantFor(Call call) {
    for (; ; ) {
      Grant grant = grant(call.resource, call.deadlineNanos, call);
      try {
        bring(call.request.input(), call, grant);
        bring(call.request.output(), call, grant);
        return grant;
      } catch (BerthException e) {
        if (e.reason() != Reason.CONNECTION_LOST || call.deadlineNanos - System.nanoTime() <= 0) {
          throw e;
        }
        pause(grant.connection, call.deadlineNanos);
      }
    }
  }

  private static void bring(Block block, Call call, Grant grant) {
    if (block != null) {
      block.bringTo(grant, call.resource, call.deadlineNanos);
    }
  }

  /** Brings the call into flight, waiting for a connection and for room within its time. */
  Connection send(Call call) {
    for (; ; ) {
      Grant grant = grantFor(call);
      Connection connection = grant.connection;
      long snapshot = connection.reception().returns();
      Submission.Outcome outcome = connection.submission().send(call, grant);
      if (outcome == Submission.Outcome.SENT) {
        return connection;
      }
      if (outcome == Submission.Outcome.NO_ROOM) {
        awaitRoom(connection, snapshot, call);
      } else {
        pause(connection, call.deadlineNanos);
      }
    }
  }

  void awaitRoom(Connection connection, long snapshot, Call call) {
    if (call.deadlineNanos - System.nanoTime() <= 0) {
      throw noRoom(connection, call);
    }
    connection.reception().awaitRoom(snapshot, call.deadlineNanos);
  }

  /**
   * The connection closed between being chosen and being used: its control thread is about to
   * announce it.
   */
  void pause(Connection connection, long deadlineNanos) {
    client.awaitOtherThan(connection, Math.min(deadlineNanos, System.nanoTime() + MAX_PAUSE_NANOS));
  }

  List<Reply> runAll(Resource resource, List<Request> requests) {
    long now = System.nanoTime();
    List<Call> calls = new ArrayList<>(requests.size());
    for (Request each : requests) {
      Call call = new Call();
      call.begin(resource, each.privateCopy(), null, now + each.timeoutNanos());
      calls.add(call);
    }
    List<Reply> replies = new ArrayList<>(calls.size());
    int sent = 0;
    for (int i = 0; i < calls.size(); i++) {
      try {
        while (sent <= i) {
          sent += sendSome(calls, sent);
        }
        finish(calls.get(i), calls.get(i).connection);
        replies.add(calls.get(i).reply());
      } catch (BerthException e) {
        sent = Math.max(sent, i + 1);
        replies.add(failed(e));
      }
    }
    return replies;
  }

  private int sendSome(List<Call> calls, int from) {
    Call first = calls.get(from);
    Grant grant = grantFor(first);
    Connection connection = grant.connection;
    long snapshot = connection.reception().returns();
    int until = bringAll(calls, from, grant);
    int sent = connection.submission().sendAll(calls.subList(0, until), from, grant);
    if (sent < 0) {
      pause(connection, first.deadlineNanos);
      return 0;
    }
    if (sent == 0) {
      awaitRoom(connection, snapshot, first);
    }
    return sent;
  }

  /**
   * Brings the blocks of the calls after the first.
   *
   * @return up to where that succeeded: what cannot be sent now says why when its turn comes
   */
  private static int bringAll(List<Call> calls, int from, Grant grant) {
    for (int i = from + 1; i < calls.size(); i++) {
      try {
        bring(calls.get(i).request.input(), calls.get(i), grant);
        bring(calls.get(i).request.output(), calls.get(i), grant);
      } catch (BerthException e) {
        return i;
      }
    }
    return calls.size();
  }

  private static Reply failed(BerthException e) {
    return new Reply(
        e.status(),
        e.reason(),
        e.deviceCode(),
        e.text().getBytes(java.nio.charset.StandardCharsets.UTF_8),
        -1,
        null,
        e.resource());
  }

  static BerthException timedOut(Call call) {
    return BerthException.of(
        StatusCode.DEADLINE_EXCEEDED,
        Reason.CALLER_TIMED_OUT,
        "no answer within "
            + call.request.timeoutNanos() / 1000
            + " µs; the device may still be at work on it",
        call.where());
  }

  private static BerthException noRoom(Connection connection, Call call) {
    return BerthException.of(
        StatusCode.RESOURCE_EXHAUSTED,
        Reason.QUEUE_FULL,
        "no room within "
            + call.request.timeoutNanos() / 1000
            + " µs: this session takes "
            + connection.welcome().maxInFlight
            + " requests in flight; send fewer at once, or lower their reply limits",
        call.where());
  }
}
