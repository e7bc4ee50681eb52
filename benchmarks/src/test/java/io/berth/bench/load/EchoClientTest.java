// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class EchoClientTest {
  private static final int CLIENT = 3;

  @Test
  void every_answer_is_counted_and_timed() {
    Loopback loopback = new Loopback();
    Outcome outcome = new EchoClient(loopback, CLIENT).run(new Load(20, 8, 0));
    assertTrue(outcome.operations() > 0);
    assertEquals(outcome.operations(), outcome.latency().count());
    assertEquals(0, outcome.failed());
    assertEquals(8, loopback.mostInFlight);
    assertEquals(0, loopback.inFlight.size());
  }

  @Test
  void a_damaged_byte_is_a_failed_operation() {
    Loopback loopback = new Loopback();
    loopback.damagedByteOfEveryAnswer = EchoMessage.BYTES - 1;
    Outcome outcome = new EchoClient(loopback, CLIENT).run(Load.closedLoop(5));
    assertTrue(outcome.operations() > 0);
    assertEquals(outcome.operations(), outcome.failed());
  }

  @Test
  void an_answer_to_somebody_else_is_a_failed_operation() {
    Loopback loopback = new Loopback();
    loopback.answersClient = CLIENT + 1;
    Outcome outcome = new EchoClient(loopback, CLIENT).run(Load.closedLoop(5));
    assertEquals(outcome.operations(), outcome.failed());
  }

  @Test
  void a_paced_load_sends_one_request_per_interval() {
    long interval = TimeUnit.MILLISECONDS.toNanos(2);
    Outcome outcome = new EchoClient(new Loopback(), CLIENT).run(new Load(20, 1, interval));
    assertEquals(10, outcome.operations());
    assertEquals(10, outcome.latency().count());
  }

  /** Answers each request at the next poll. */
  private static final class Loopback implements EchoConnection {
    private final ArrayDeque<byte[]> inFlight = new ArrayDeque<>();
    private int mostInFlight;
    private int damagedByteOfEveryAnswer = -1;
    private int answersClient = CLIENT;

    @Override
    public boolean offer(DirectBuffer message, int offsetBytes, int lengthBytes) {
      byte[] copy = new byte[lengthBytes];
      message.getBytes(offsetBytes, copy);
      inFlight.add(copy);
      mostInFlight = Math.max(mostInFlight, inFlight.size());
      return true;
    }

    @Override
    public int poll(AnswerListener listener) {
      int answers = inFlight.size();
      for (int i = 0; i < answers; i++) {
        UnsafeBuffer answer = new UnsafeBuffer(inFlight.remove());
        if (answersClient != CLIENT) {
          EchoMessage.write(answer, 0, answer.getLong(0), answersClient);
        }
        if (damagedByteOfEveryAnswer >= 0) {
          answer.putByte(
              damagedByteOfEveryAnswer, (byte) ~answer.getByte(damagedByteOfEveryAnswer));
        }
        listener.onAnswer(answer, 0, answer.capacity());
      }
      return answers;
    }

    @Override
    public void idle(int workCount) {}

    @Override
    public void close() {}
  }
}
