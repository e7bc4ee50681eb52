// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static io.berth.shm.ring.RecordDescriptor.HEADER_BYTES;

import io.berth.jni.os.Epoll;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.region.Region;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Sleep;
import io.berth.shm.ring.Wake;
import java.lang.invoke.VarHandle;
import java.util.Random;

/**
 * One of two peers that send each other bursts in turn and sleep whenever there is nothing to read.
 * The sender numbers its messages and ends each burst with a message that asks for an answer.
 */
final class WakeUpPeer implements AutoCloseable {
  private static final int NUMBERED = 1;
  private static final int LAST_OF_BURST = 2;
  private static final int FAREWELL = 3;
  private static final int MESSAGE_BYTES = HEADER_BYTES + 8;
  private static final int MAX_BURST = 64;

  /**
   * What a peer saw.
   *
   * @param messages numbered messages sent or received
   * @param sleeps how often it blocked
   * @param lostWakeUps how often the safety time-out found a message that nobody had rung for
   */
  record Outcome(long messages, long sleeps, long lostWakeUps) {}

  private final RingWriter writer;
  private final RingReader reader;
  private final Sleep sleep;
  private final Wake wake;
  private final int bell;
  private final boolean fenced;
  private final int safetyMillis;
  private final Epoll epoll;
  private long sleeps;
  private long lostWakeUps;

  /**
   * @param bellOut writing end on which the other side waits
   * @param bellIn reading end on which this side waits
   * @param fenced false leaves both full fences out
   */
  WakeUpPeer(Region own, Region peer, int bellOut, int bellIn, boolean fenced, int safetyMillis)
      throws OsException {
    this.writer = new RingWriter(own, peer);
    this.reader = new RingReader(peer, own, 1024);
    this.sleep = new Sleep(own);
    this.wake = new Wake(peer, () -> Pipes.ring(bellOut));
    this.bell = bellIn;
    this.fenced = fenced;
    this.safetyMillis = safetyMillis;
    this.epoll = new Epoll(1);
    OsException.check("epoll_ctl", epoll.add(bellIn, Epoll.EPOLLIN, 0));
  }

  /** Sends at least so many messages, and stops early once {@code mayLose} wake-ups are lost. */
  Outcome send(long messages, long seed, long mayLose) {
    Random random = new Random(seed);
    long number = 0;
    while (number < messages && lostWakeUps <= mayLose) {
      int burst = 1 + random.nextInt(MAX_BURST);
      for (int i = 1; i <= burst; i++) {
        write(number++, i == burst ? LAST_OF_BURST : NUMBERED);
        // Some of the publications meet the other side on its way to sleep.
        for (int spin = random.nextInt(40); spin > 0; spin--) {
          Thread.onSpinWait();
        }
      }
      require(awaitNext() == number, "an answer for another burst");
    }
    write(number, FAREWELL);
    require(awaitNext() == number, "the farewell counts what was sent");
    return new Outcome(number, sleeps, lostWakeUps);
  }

  /** Receives until the farewell; every number once and in order. */
  Outcome receive() {
    long expected = 0;
    while (true) {
      long number = awaitNext();
      require(number == expected, "message " + number + " instead of " + expected);
      if (reader.recordType() == FAREWELL) {
        write(expected, NUMBERED);
        return new Outcome(expected, sleeps, lostWakeUps);
      }
      expected++;
      if (reader.recordType() == LAST_OF_BURST) {
        write(expected, NUMBERED);
      }
    }
  }

  private void write(long number, int type) {
    int index = writer.claim(MESSAGE_BYTES, type);
    require(index >= 0, "no room");
    writer.buffer().putLong(index + HEADER_BYTES, number);
    writer.publish();
    boolean heard = fenced ? wake.afterPublication() : wake.afterFence();
    require(heard, "the other side is gone");
  }

  private long awaitNext() {
    int length;
    while ((length = reader.next()) == RingReader.NONE) {
      sleepOnce();
    }
    require(length == MESSAGE_BYTES, reader.violation());
    long number = reader.buffer().getLong(reader.recordIndex() + HEADER_BYTES);
    reader.release();
    return number;
  }

  private void sleepOnce() {
    sleep.arm();
    if (fenced) {
      VarHandle.fullFence();
    }
    if (!reader.hasNext()) {
      sleeps++;
      int events = epoll.await(safetyMillis);
      if (events == 0 && reader.hasNext()) {
        lostWakeUps++;
      }
      require(Pipes.drain(bell) >= 0, "the other side has closed its bell");
    }
    sleep.disarm();
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }

  @Override
  public void close() {
    epoll.close();
  }
}
