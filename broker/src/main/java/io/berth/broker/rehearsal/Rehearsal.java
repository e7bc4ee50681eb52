// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.rehearsal;

import io.berth.broker.config.Config;
import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.dataplane.Violations;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.device.Seat;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Session;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.status.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * Sends requests through a data thread's duty cycle of its own, with memory of its own, and greets
 * clients at a door of its own; this class plays clients and worker. So classes are loaded and code
 * is compiled when the first client comes, and above all when one comes from a broker that has just
 * let go. Nothing of it reaches the journal, a counter that people see, or a socket.
 *
 * <p>It costs half a second of a processor at a start, in which the journal's process starts
 * anyway, and no memory that stays but for the compiled code.
 */
public final class Rehearsal {
  private static final int SLOTS = 64;
  private static final int MAX_INLINE_BYTES = 1024;
  private static final int COUNTERS = 128;
  private static final long LONG_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final long BLOCK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Fewer leave the most important methods to the slower compiler. */
  private static final int ROUNDS = 2_000;

  private static final int GREETINGS = 40;

  /** What {@link #run} returns unless it ends early. */
  static final int REQUESTS = ROUNDS * PlayedClient.BATCH;

  private Rehearsal() {}

  /**
   * Runs it on the caller's thread.
   *
   * @param config of the broker that is to come
   * @param limitNanos after which it ends early, on a machine that has more urgent things to do
   * @return requests that went all the way
   */
  public static int run(Config config, long limitNanos) throws IOException {
    long untilNanos = System.nanoTime() + limitNanos;
    RequestTable requests =
        new RequestTable(SLOTS, FrameDescriptor.maxRecordBytes(MAX_INLINE_BYTES));
    Device device =
        new Device(
            config.devices().isEmpty() ? "echo:rehearsal" : config.devices().get(0).resource(),
            new DeviceQueue(requests, SLOTS, LONG_NANOS),
            new KillList(2, LONG_NANOS),
            LONG_NANOS);
    DataThread data =
        new DataThread(
            new DataThread.Settings(
                SLOTS, MAX_INLINE_BYTES, LONG_NANOS, BLOCK_NANOS, BLOCK_NANOS, LONG_NANOS),
            requests,
            new Device[] {device},
            new BrokerCounters(counters(), device.name()),
            KeyUseJournal.NONE,
            new NoViolations());
    try (PlayedClient client = PlayedClient.make(device, data, MAX_INLINE_BYTES);
        PlayedWorker worker = PlayedWorker.make(device, data, MAX_INLINE_BYTES)) {
      Greetings.run(config, device, data, GREETINGS, untilNanos);
      int answered = 0;
      while (answered < REQUESTS && System.nanoTime() - untilNanos < 0) {
        if (answered % PlayedClient.BATCH == 0) {
          client.submit();
        }
        int taken;
        do {
          data.pass();
          worker.answer();
          taken = client.take();
        } while (taken == 0 && System.nanoTime() - untilNanos < 0);
        answered += taken;
      }
      return answered;
    } finally {
      data.closeDescriptors();
    }
  }

  private static CountersManager counters() {
    return new CountersManager(
        new UnsafeBuffer(ByteBuffer.allocateDirect(COUNTERS * CountersReader.METADATA_LENGTH)),
        new UnsafeBuffer(ByteBuffer.allocateDirect(COUNTERS * CountersReader.COUNTER_LENGTH)));
  }

  /** The players keep to the protocol. */
  private static final class NoViolations implements Violations {
    @Override
    public void session(Session session, Reason reason, String text) {
      // Those who only greet close their doorbell's end as well.
      if (reason != Reason.CONNECTION_LOST) {
        throw new IllegalStateException(session + ": " + reason + ": " + text);
      }
    }

    @Override
    public void worker(Seat seat, int workerEpoch, Death death, String text) {
      throw new IllegalStateException(seat.name() + ": " + text);
    }

    @Override
    public void workerLeft(Seat seat, int workerEpoch, String text) {
      throw new IllegalStateException(seat.name() + ": " + text);
    }
  }
}
