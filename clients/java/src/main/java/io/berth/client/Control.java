// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.os.Datagram;
import io.berth.client.os.Descriptor;
import io.berth.client.os.SeqpacketSocket;
import io.berth.client.os.SystemCallException;
import io.berth.client.wire.ControlKind;
import io.berth.client.wire.ControlMessage;
import io.berth.client.wire.ProtocolViolation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks and answers over the control socket. Any thread asks; the connection's control thread
 * receives.
 *
 * <p>An answer that comes after its asker gave up is undone, so that nothing stays behind at the
 * broker.
 */
final class Control {
  private final SeqpacketSocket socket;
  private final ConcurrentHashMap<Long, CompletableFuture<Answer>> asked =
      new ConcurrentHashMap<>();
  private final AtomicLong tokens = new AtomicLong(1);
  private volatile boolean ended;

  Control(SeqpacketSocket socket) {
    this.socket = socket;
  }

  /** What the broker answered; whoever gets it owns its descriptors. */
  static final class Answer {
    final ControlMessage message;
    final List<Descriptor> descriptors;

    Answer(ControlMessage message, List<Descriptor> descriptors) {
      this.message = message;
      this.descriptors = descriptors;
    }

    void close() {
      for (Descriptor each : descriptors) {
        each.close();
      }
    }
  }

  /** Begins an ask: add its fields, then {@link #ask}. */
  ControlMessage message(int kind) {
    return ControlMessage.outgoing(kind, tokens.incrementAndGet());
  }

  /**
   * Sends and waits for the answer.
   *
   * @param about the resource, for messages
   * @throws BerthException if the broker refuses, does not answer in time, or is lost
   */
  Answer ask(ControlMessage message, int expectedKind, String about, long deadlineNanos) {
    CompletableFuture<Answer> pending = new CompletableFuture<>();
    asked.put(message.token(), pending);
    try {
      if (ended) {
        throw lost(about, null);
      }
      socket.send(message.datagram());
      Answer answer =
          pending.get(Math.max(1, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
      return accepted(answer, expectedKind, about);
    } catch (SystemCallException | ExecutionException e) {
      throw lost(about, e);
    } catch (TimeoutException e) {
      throw BerthException.of(
          StatusCode.DEADLINE_EXCEEDED,
          Reason.CALLER_TIMED_OUT,
          "the broker did not answer " + ControlKind.name(message.kind()) + " in time",
          about,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw BerthException.of(
          StatusCode.CANCELLED,
          Reason.CANCELLED,
          "interrupted while it waited for the broker",
          about,
          e);
    } finally {
      asked.remove(message.token());
      // Whoever completes it first, the receiver or this, decides who disposes of a late answer.
      pending.cancel(false);
    }
  }

  private static Answer accepted(Answer answer, int expectedKind, String about) {
    if (answer.message.kind() == expectedKind) {
      return answer;
    }
    answer.close();
    if (answer.message.kind() == ControlKind.REFUSED) {
      StatusCode status = StatusCode.of(answer.message.u32());
      Reason reason = Reason.of(answer.message.u32());
      throw BerthException.of(status, reason, answer.message.text(), about);
    }
    throw BerthException.of(
        StatusCode.INTERNAL,
        Reason.MALFORMED_FRAME,
        "expected "
            + ControlKind.name(expectedKind)
            + " from the broker, found "
            + ControlKind.name(answer.message.kind()),
        about);
  }

  /** Sends without expecting an answer; a lost connection is noticed elsewhere. */
  void tell(ControlMessage message) {
    try {
      socket.send(message.datagram());
    } catch (SystemCallException e) {
      // The control thread sees the end of the connection and does what follows from it.
      socket.shutdown();
    }
  }

  /** By the control thread: an answer, or something unasked (token 0), which is returned. */
  ControlMessage dispatch(Datagram datagram) {
    ControlMessage message = ControlMessage.incoming(datagram.bytes());
    if (message.token() == 0
        || message.kind() == ControlKind.GOAWAY
        || message.kind() == ControlKind.EXPELLED) {
      datagram.close();
      return message;
    }
    CompletableFuture<Answer> pending = asked.remove(message.token());
    Answer answer = new Answer(message, datagram.takeDescriptors());
    if (pending == null || !pending.complete(answer)) {
      answer.close();
      undo(message);
    }
    return null;
  }

  private void undo(ControlMessage late) {
    if (late.kind() == ControlKind.OPENED) {
      tell(message(ControlKind.CLOSE).putU32(late.u32()));
    } else if (late.kind() == ControlKind.SEGMENT_ADDED) {
      tell(message(ControlKind.SEGMENT_DROP).putU32(late.u32()).putU32(late.u32()));
    } else if (late.kind() != ControlKind.REFUSED
        && late.kind() != ControlKind.CLOSED
        && late.kind() != ControlKind.LISTED) {
      throw new ProtocolViolation(
          "unexpected " + ControlKind.name(late.kind()) + " from the broker");
    }
  }

  /** By the control thread: nothing comes any more. */
  void end() {
    ended = true;
    for (CompletableFuture<Answer> each : asked.values()) {
      each.completeExceptionally(new IllegalStateException("connection lost"));
    }
  }

  private static BerthException lost(String about, Throwable cause) {
    return BerthException.of(
        StatusCode.UNAVAILABLE,
        Reason.CONNECTION_LOST,
        "the connection to the broker was lost",
        about,
        cause);
  }
}
