// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

import io.berth.bench.measure.LatencyHistogram;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Drives one connection: keeps the window full, checks every answer, measures from the send to the
 * answer. One clock read per batch of sends and one per batch of answers; with a window of 1 that
 * is per request.
 */
public final class EchoClient {
  private static final int LARGEST_WINDOW = 1024;

  private final EchoConnection connection;
  private final int client;
  private final UnsafeBuffer message = new UnsafeBuffer(new byte[EchoMessage.BYTES]);
  private final long[] sentAtNanos = new long[LARGEST_WINDOW];
  private final LatencyHistogram latency = new LatencyHistogram();
  private final EchoConnection.AnswerListener listener = this::onAnswer;
  private long nextSend;
  private long nextAnswer;
  private long answersRecorded;
  private long failed;
  private long longestGapNanos;

  public EchoClient(EchoConnection connection, int client) {
    this.connection = connection;
    this.client = client;
  }

  /** Runs one round; whatever is in flight at its end is awaited, checked and not counted. */
  public Outcome run(Load load) {
    if (load.window() > LARGEST_WINDOW) {
      throw new IllegalArgumentException("window: " + load.window() + " >= " + LARGEST_WINDOW);
    }
    latency.clear();
    failed = 0;
    long start = System.nanoTime();
    long durationNanos = load.durationMillis() * 1_000_000L;
    long operations =
        load.intervalNanos() > 0
            ? paced(load, start, durationNanos)
            : unpaced(load, start, durationNanos);
    long elapsedNanos = System.nanoTime() - start;
    return new Outcome(operations, failed, elapsedNanos, longestGapNanos, latency);
  }

  private long unpaced(Load load, long start, long durationNanos) {
    longestGapNanos = 0;
    long operations = 0;
    long lastAnswer = start;
    long now = start;
    while (now - start < durationNanos) {
      send(load.window(), now);
      int answers = connection.poll(listener);
      connection.idle(answers);
      now = System.nanoTime();
      if (answers > 0) {
        record(now);
        operations += answers;
        longestGapNanos = Math.max(longestGapNanos, now - lastAnswer);
        lastAnswer = now;
      }
    }
    awaitRest();
    return operations;
  }

  private long paced(Load load, long start, long durationNanos) {
    longestGapNanos = 0;
    long operations = 0;
    long due = start;
    while (true) {
      due += load.intervalNanos();
      if (due - start > durationNanos) {
        return operations;
      }
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      long sentAt = System.nanoTime();
      do {
        send(1, sentAt);
      } while (nextSend == nextAnswer);
      while (nextAnswer < nextSend) {
        connection.idle(connection.poll(listener));
      }
      long now = System.nanoTime();
      record(now);
      longestGapNanos = Math.max(longestGapNanos, now - sentAt);
      operations++;
    }
  }

  private void send(int window, long now) {
    long first = nextSend;
    while (nextSend - nextAnswer < window) {
      EchoMessage.write(message, 0, nextSend, client);
      if (!connection.offer(message, 0, EchoMessage.BYTES)) {
        break;
      }
      sentAtNanos[(int) nextSend & (LARGEST_WINDOW - 1)] = now;
      nextSend++;
    }
    if (nextSend > first) {
      connection.flush();
    }
  }

  private void onAnswer(DirectBuffer buffer, int offsetBytes, int lengthBytes) {
    if (!EchoMessage.matches(buffer, offsetBytes, lengthBytes, nextAnswer, client)) {
      failed++;
    }
    nextAnswer++;
  }

  private void record(long now) {
    while (answersRecorded < nextAnswer) {
      latency.record(now - sentAtNanos[(int) answersRecorded & (LARGEST_WINDOW - 1)]);
      answersRecorded++;
    }
  }

  private void awaitRest() {
    while (nextAnswer < nextSend) {
      connection.idle(connection.poll(listener));
    }
    answersRecorded = nextAnswer;
  }
}
