// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerOffer;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Account;
import io.berth.broker.session.Session;
import io.berth.jni.os.OsException;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.ring.Sleep;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * The real data thread with real memory between a played client and a played worker, driven step by
 * step by the test's thread and by a clock that stands still until it is moved.
 */
final class DataPathHarness implements AutoCloseable, Violations {
  static final int HOT_SESSIONS = 64;
  static final int MAX_INLINE_BYTES = 1024;
  static final long MILLIS = 1_000_000L;
  static final long TICK_NANOS = MILLIS;
  static final long HEARTBEAT_TIMEOUT_NANOS = 1_000 * MILLIS;
  static final long HANG_NANOS = 5_000 * MILLIS;

  /** More than the idle passes between two looks at the doorbells. */
  private static final int PASSES = 20;

  /** A peer that was reported. */
  record Report(Object peer, Reason reason, String text) {}

  final List<Report> reports = new ArrayList<>();
  final PlayedJournal journal = new PlayedJournal();
  final BrokerCounters counters;
  final RequestTable requests;
  final Device device;
  final Device other;

  /** Two cards. */
  final Device group;

  final DataThread data;
  private final Map<String, Account> accounts = new LinkedHashMap<>();
  private final List<PlayedClient> clients = new ArrayList<>();
  private final List<PlayedWorker> workers = new ArrayList<>();
  private long nowNanos = 1_000_000 * MILLIS;
  private int nextEpoch = 1;
  private long nextSession = 1;
  Boolean blockedByLastDeath;

  DataPathHarness() throws OsException {
    this(64, 16);
  }

  DataPathHarness(int slots, int queueLimit) throws OsException {
    this(slots, queueLimit, Long.MAX_VALUE);
  }

  /**
   * With another time for which the data thread yields.
   *
   * @param yieldNanos 0: it never gives the processor away, which is far quicker where somebody
   *     else wants it
   */
  DataPathHarness(int slots, int queueLimit, long yieldNanos) throws OsException {
    counters =
        new BrokerCounters(
            new CountersManager(
                new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.METADATA_LENGTH)),
                new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.COUNTER_LENGTH))),
            "echo:one",
            "echo:two",
            "echo:group");
    requests = new RequestTable(slots, FrameDescriptor.maxRecordBytes(MAX_INLINE_BYTES));
    device = device("echo:one", queueLimit);
    other = device("echo:two", queueLimit);
    group = device("echo:group", queueLimit, "a", "b");
    data =
        new DataThread(
            new DataThread.Settings(
                slots,
                MAX_INLINE_BYTES,
                yieldNanos,
                yieldNanos == 0 ? 0 : MILLIS,
                TICK_NANOS,
                HEARTBEAT_TIMEOUT_NANOS),
            requests,
            new Device[] {device, other, group},
            counters,
            journal,
            this,
            () -> nowNanos,
            HOT_SESSIONS);
  }

  private Device device(String name, int queueLimit, String... cards) {
    return new Device(
        name,
        List.of(cards),
        new DeviceQueue(requests, queueLimit, 50 * MILLIS),
        new KillList(2, 60_000 * MILLIS),
        HANG_NANOS);
  }

  Account account(String name) {
    return accounts.computeIfAbsent(name, key -> new Account(key, 32));
  }

  PlayedClient client(String account) throws OsException {
    return client(account, 16, 1 << 16);
  }

  PlayedClient client(String account, int maxInFlight, int responseRingBytes) throws OsException {
    return client(account, maxInFlight, PlayedClient.REQUEST_RING_BYTES, responseRingBytes);
  }

  PlayedClient client(String account, int maxInFlight, int requestRingBytes, int responseRingBytes)
      throws OsException {
    PlayedClient client =
        new PlayedClient(
            this,
            nextSession++,
            account(account),
            maxInFlight,
            requestRingBytes,
            responseRingBytes);
    clients.add(client);
    data.open(client.session);
    step();
    return client;
  }

  /** ECHO may be repeated, ONCE may not. */
  PlayedWorker worker(Device ofDevice, int window) throws OsException {
    return worker(ofDevice, window, 0);
  }

  /** One that has lanes of its own for interactive requests, beyond its window. */
  PlayedWorker worker(Device ofDevice, int window, int reserve) throws OsException {
    return worker(ofDevice.seats().get(0), window, reserve);
  }

  PlayedWorker worker(Seat seat, int window, int reserve) throws OsException {
    PlayedWorker worker = new PlayedWorker(this, seat, nextEpoch++);
    workers.add(worker);
    worker.beat();
    data.attach(
        seat,
        worker.link,
        new WorkerOffer(
            window,
            reserve,
            Map.of(
                PlayedClient.ECHO,
                ReplayClass.PURE,
                PlayedClient.ONCE,
                ReplayClass.AT_MOST_ONCE,
                PlayedClient.MAKE,
                ReplayClass.RANDOMISED,
                PlayedClient.COUNT,
                ReplayClass.AT_MOST_ONCE),
            Set.of(PlayedClient.MAKE),
            Set.of(PlayedClient.COUNT),
            "card " + worker.epoch,
            "software"));
    step();
    return worker;
  }

  /** What the supervisor does once the guard has said that a worker is gone. */
  void dies(PlayedWorker worker) {
    ends(worker, Availability.COMING, Death.BY_ITSELF);
  }

  void ends(PlayedWorker worker, Availability next, Death death) {
    blockedByLastDeath = null;
    workers.remove(worker);
    data.detach(worker.seat, next, death, blocked -> blockedByLastDeath = blocked);
    step();
    worker.memory.close();
  }

  void closes(PlayedClient client) {
    clients.remove(client);
    data.close(client.session, client.memory::close);
    step();
  }

  /** Lets the data thread do everything that there is to do now. */
  void step() {
    for (int i = 0; i < PASSES; i++) {
      data.pass();
    }
  }

  /** The worker waits on its doorbell. */
  void putToSleep(PlayedWorker worker) {
    new Sleep(worker.memory.link().client()).arm();
  }

  long nowNanos() {
    return nowNanos;
  }

  /** Moves the clock; healthy workers' hearts beat on. */
  void advance(long nanos) {
    moveClock(nanos);
    step();
  }

  /** As {@link #advance}, but the data thread has not looked yet. */
  void moveClock(long nanos) {
    nowNanos += nanos;
    workers.forEach(PlayedWorker::beatIfHealthy);
  }

  @Override
  public void session(Session session, Reason reason, String text) {
    reports.add(new Report(session, reason, text));
  }

  @Override
  public void worker(Seat seat, int epoch, Death death, String text) {
    reports.add(new Report(seat, Reason.NONE, text));
  }

  @Override
  public void workerLeft(Seat seat, int epoch, String text) {
    reports.add(new Report(seat, Reason.NONE, text));
  }

  /** Nothing is left of any request. */
  void assertEmpty() {
    assertEquals(0, requests.used(), "slots in use");
    for (Device each : List.of(device, other, group)) {
      assertEquals(0, each.inFlight(), each.name() + " in flight");
      assertEquals(0, each.queue().size(), each.name() + " queued");
    }
    accounts.forEach((name, account) -> assertEquals(0, account.inFlight(), name));
    clients.forEach(PlayedClient::assertNothingReserved);
  }

  @Override
  public void close() {
    for (PlayedWorker worker : List.copyOf(workers)) {
      ends(worker, Availability.STOPPING, Death.ORDERED);
    }
    for (PlayedClient client : List.copyOf(clients)) {
      closes(client);
    }
    data.closeDescriptors();
  }
}
