// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.maxRecordBytes;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerOffer;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.Test;

/**
 * Many requests through a data thread that runs by itself, between a client and a worker, all three
 * of which sleep whenever they can: no wake-up is lost on any of the four ways. Nobody looks again
 * by himself, so that a lost one is a standstill. {@code -Dberth.soak.requests=N} for another
 * number than {@value #DEFAULT_REQUESTS}.
 */
class DataThreadSoakTest {
  private static final long DEFAULT_REQUESTS = 100_000;
  private static final long REQUESTS = Long.getLong("berth.soak.requests", DEFAULT_REQUESTS);

  private static final int MAX_INLINE_BYTES = 256;
  private static final int WINDOW = 4;
  private static final long HOURS_NANOS = TimeUnit.HOURS.toNanos(24);

  private final ConcurrentLinkedQueue<String> reports = new ConcurrentLinkedQueue<>();

  private final class Reporting implements Violations {
    @Override
    public void session(Session session, Reason reason, String text) {
      reports.add(session + ": " + reason + ": " + text);
    }

    @Override
    public void worker(Seat seat, int epoch, Death death, String text) {
      reports.add(seat.name() + ": " + text);
    }

    @Override
    public void workerLeft(Seat seat, int epoch, String text) {
      reports.add(seat.name() + ": " + text);
    }
  }

  @Test
  void no_wake_up_is_lost_between_client_data_thread_and_worker() throws Exception {
    RequestTable requests = new RequestTable(64, maxRecordBytes(MAX_INLINE_BYTES));
    Device device =
        new Device(
            "echo:soak",
            new DeviceQueue(requests, 64, HOURS_NANOS),
            new KillList(2, HOURS_NANOS),
            HOURS_NANOS);
    BrokerCounters counters =
        new BrokerCounters(
            new CountersManager(
                new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.METADATA_LENGTH)),
                new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.COUNTER_LENGTH))),
            "echo:soak");
    DataThread data =
        new DataThread(
            new DataThread.Settings(64, MAX_INLINE_BYTES, 0, HOURS_NANOS, HOURS_NANOS, HOURS_NANOS),
            requests,
            new Device[] {device},
            counters,
            KeyUseJournal.NONE,
            new Reporting());
    Thread thread = new Thread(data, "soak-data");
    try (SoakClient client = new SoakClient(MAX_INLINE_BYTES);
        SoakWorker worker = new SoakWorker(MAX_INLINE_BYTES)) {
      client.open(device);
      data.open(client.session);
      data.attach(device.seats().get(0), worker.link, new WorkerOffer(WINDOW, 0, Map.of()));
      thread.start();
      CompletableFuture<Long> served = CompletableFuture.supplyAsync(worker::serve);
      try {
        long clientSleeps = client.run(REQUESTS);
        long workerSleeps = served.get(2, TimeUnit.MINUTES);
        assertEquals(List.of(), List.copyOf(reports));
        assertTrue(counters.completed.get() > REQUESTS);
        for (long sleeps : List.of(clientSleeps, workerSleeps, counters.blocks.get())) {
          assertTrue(sleeps > REQUESTS / 1_000, "slept " + sleeps + " times only");
        }
      } finally {
        // Also a worker for which nobody rings any more ends by itself, before its memory goes.
        served.handle((sleeps, failure) -> sleeps).get(2, TimeUnit.MINUTES);
        data.stop();
        thread.join();
        data.closeDescriptors();
      }
    }
  }
}
