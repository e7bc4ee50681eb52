// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.arena.Segment;
import io.berth.broker.arena.WorkerSegments;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
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
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Goodbye;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Open;
import io.berth.shm.control.ControlMessage.Opened;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.control.ControlMessage.SegmentDrop;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentWipe;
import io.berth.shm.control.ControlMessage.SegmentWiped;
import io.berth.shm.control.ControlMessage.Welcome;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What becomes of a session's memory and segments, and what of it counts. The test takes the data
 * thread's turns and says what a worker would; the control thread is a real one.
 */
class SegmentAskTest {
  private static final String DEVICE = "echo:bench";
  private static final int SLOTS = 64;
  private static final int INLINE_BYTES = 1024;
  private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final long BLOCK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int MANY_ROUNDS = 100_000;
  private static final int SEGMENT_BYTES = 9 << 20;
  private static final int FIRST_SEGMENTS_DESCRIPTOR = 4;

  private final WorkerSegments segments = new WorkerSegments("bench");
  private ControlLoop loop;
  private DataThread data;
  private ClientDoor door;
  private Thread control;
  private RawClient client;
  private int handle;
  private int workersEnd = -1;

  @BeforeEach
  void set_up(@TempDir Path root) throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        """
        broker: {run_directory: %1$s/run, data_directory: %1$s/data, lock_directory: %1$s/lock}
        devices: [{name: bench, scheme: echo, driver: echo}]
        policy: {grants: [{principal: {any: true}, resources: ['echo:bench'], permissions: [call]}]}
        """
            .formatted(root));
    Config config = new ConfigLoader().load(file);
    loop = new ControlLoop();
    RequestTable requests = new RequestTable(SLOTS, FrameDescriptor.maxRecordBytes(INLINE_BYTES));
    Device device =
        new Device(
            DEVICE,
            new DeviceQueue(requests, SLOTS, HOUR_NANOS),
            new KillList(2, HOUR_NANOS),
            HOUR_NANOS);
    data =
        new DataThread(
            new DataThread.Settings(
                SLOTS, INLINE_BYTES, HOUR_NANOS, BLOCK_NANOS, BLOCK_NANOS, HOUR_NANOS),
            requests,
            new Device[] {device},
            new BrokerCounters(counters(), device.name()),
            KeyUseJournal.NONE,
            new LeaversOnly());
    door =
        new ClientDoor(
            loop,
            data,
            config,
            Map.of(DEVICE, device),
            new UnheardSessions(),
            any -> segments,
            1,
            0);
    control = new Thread(loop, "control");
    control.start();
    greet();
  }

  private static CountersManager counters() {
    return new CountersManager(
        new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.METADATA_LENGTH)),
        new UnsafeBuffer(ByteBuffer.allocateDirect(128 * CountersReader.COUNTER_LENGTH)));
  }

  private void greet() throws Exception {
    int[] ends = new int[2];
    OsException.check("socketpair", Sockets.pair(ends));
    loop.execute(() -> door.greet(ends[1]));
    client = new RawClient(ends[0]);
    assertInstanceOf(
        Welcome.class, ask(new Hello(ControlMessage.MAJOR, ControlMessage.MINOR, 0, 0, "raw")));
    handle = assertInstanceOf(Opened.class, ask(new Open(0, DEVICE, ""))).handle();
  }

  @AfterEach
  void tear_down() throws Exception {
    client.close();
    if (workersEnd >= 0) {
      Descriptors.close(workersEnd);
    }
    onControl(
        () -> {
          door.close();
          return null;
        });
    data.pass();
    loop.stop();
    control.join();
    loop.closeDescriptors();
    data.closeDescriptors();
  }

  /** Runs on the control thread, after it has looked at everything that was there before. */
  private <T> T onControl(Supplier<T> asked) throws Exception {
    CompletableFuture<T> answer = new CompletableFuture<>();
    loop.execute(() -> loop.schedule(0, () -> answer.complete(asked.get())));
    return answer.get();
  }

  /** Takes turns until it holds on the control thread. */
  private void until(BooleanSupplier holds) throws Exception {
    for (int round = 0; round < MANY_ROUNDS; round++) {
      if (onControl(holds::getAsBoolean)) {
        return;
      }
      data.pass();
    }
    throw new AssertionError("it does not come");
  }

  private ControlMessage ask(ControlMessage message) throws Exception {
    client.send(message);
    return answer();
  }

  private ControlMessage answer() throws Exception {
    until(client::hasInput);
    return client.receive();
  }

  private SegmentAdded add(int direction) throws Exception {
    return assertInstanceOf(
        SegmentAdded.class, ask(new SegmentAdd(handle, direction, SEGMENT_BYTES)));
  }

  private int segmentsThatCount() throws Exception {
    return onControl(() -> door.budget().segments());
  }

  private void attachWorker() throws Exception {
    int[] ends = new int[2];
    OsException.check("socketpair", Sockets.pair(ends));
    workersEnd = ends[1];
    onControl(
        () -> {
          segments.attached(new ControlChannel(loop, ends[0]), () -> {});
          return null;
        });
  }

  private void workerHasMapped(int index, int generation) throws Exception {
    onControl(
        () -> {
          segments.mapped(new SegmentMapped(1, index, generation, Status.OK));
          return null;
        });
  }

  /** Returns when the worker has been given a segment to map: it is made. */
  private void awaitGiven() throws Exception {
    until(() -> Descriptors.poll(workersEnd, Descriptors.POLLIN, 0) != 0);
  }

  /** Both threads do what they have been given so far, and what comes of it. */
  private void settle() throws Exception {
    for (int i = 0; i < 3; i++) {
      onControl(() -> null);
      data.pass();
    }
  }

  @Test
  void a_segment_that_no_worker_has_mapped_yet_cannot_be_dropped_by_guessing() throws Exception {
    attachWorker();
    client.send(new SegmentAdd(handle, Segment.INPUT, SEGMENT_BYTES));
    awaitGiven();
    client.send(new SegmentDrop(0, 1));
    settle();
    workerHasMapped(0, 1);
    assertEquals(0, assertInstanceOf(SegmentAdded.class, answer()).segment());
    assertEquals(1, segmentsThatCount());
  }

  @Test
  void a_segment_that_is_about_to_be_announced_cannot_be_dropped_by_guessing() throws Exception {
    attachWorker();
    client.send(new SegmentAdd(handle, Segment.INPUT, SEGMENT_BYTES));
    awaitGiven();
    workerHasMapped(0, 1); // The data thread has yet to hear of it.
    client.send(new SegmentDrop(0, 1));
    onControl(() -> null);
    assertEquals(0, assertInstanceOf(SegmentAdded.class, answer()).segment());
    client.send(new SegmentAdd(handle, Segment.INPUT, SEGMENT_BYTES));
    until(() -> door.budget().segments() == 2);
    workerHasMapped(0, 2);
    assertFalse(onControl(client::hasInput), "the place of the first is free");
  }

  @Test
  void a_dropped_segment_is_taken_from_under_a_client_that_keeps_it() throws Exception {
    SegmentAdded added = add(Segment.INPUT);
    ByteBuffer kept = map(FIRST_SEGMENTS_DESCRIPTOR);
    kept.put(0, (byte) 7).put(SEGMENT_BYTES - 1, (byte) 7);
    client.send(new SegmentDrop(added.segment(), added.generation()));
    until(() -> door.budget().segments() == 0);
    assertEquals(0, kept.get(0), "no SIGBUS, and nothing of before");
    assertEquals(0, kept.get(SEGMENT_BYTES - 1));
    unmap(kept);
    add(Segment.OUTPUT);
  }

  @Test
  void pages_are_wiped_for_their_client_and_only_those() throws Exception {
    SegmentAdded added = add(Segment.OUTPUT);
    ByteBuffer seen = mapAsTheWorker(FIRST_SEGMENTS_DESCRIPTOR);
    for (int at = 0; at < SEGMENT_BYTES; at++) {
      seen.put(at, (byte) 7);
    }
    int page = Memory.pageBytes();
    long bytes = SEGMENT_BYTES - 2L * page; // More than is done in one turn.
    ControlMessage answer = ask(new SegmentWipe(added.segment(), added.generation(), page, bytes));
    assertEquals(new SegmentWiped(), answer);
    for (int at = 0; at < SEGMENT_BYTES; at++) {
      boolean within = at >= page && at < page + bytes;
      if (seen.get(at) != (within ? 0 : 7)) {
        throw new AssertionError("byte " + at + " is " + seen.get(at));
      }
    }
    unmap(seen);
  }

  /** Writable, which a client cannot: its descriptor is read-only, and its uid another. */
  private ByteBuffer mapAsTheWorker(int descriptor) throws OsException {
    int fd = OsException.check("open", Memory.reopenReadWrite(client.descriptor(descriptor)));
    ByteBuffer mapped = mapDescriptor(fd);
    Descriptors.close(fd);
    return mapped;
  }

  @Test
  void what_is_no_whole_pages_of_an_announced_segment_is_not_wiped() throws Exception {
    int page = Memory.pageBytes();
    SegmentAdded added = add(Segment.OUTPUT);
    int index = added.segment();
    int generation = added.generation();
    for (SegmentWipe wrong :
        new SegmentWipe[] {
          new SegmentWipe(index, generation + 1, 0, page),
          new SegmentWipe(index + 1, 1, 0, page),
          new SegmentWipe(-1, 1, 0, page),
          new SegmentWipe(Integer.MAX_VALUE, 1, 0, page),
          new SegmentWipe(index, generation, 0, 0),
          new SegmentWipe(index, generation, 0, page - 1),
          new SegmentWipe(index, generation, 1, page),
          new SegmentWipe(index, generation, -page, page),
          new SegmentWipe(index, generation, SEGMENT_BYTES, page),
          new SegmentWipe(index, generation, page, SEGMENT_BYTES),
          new SegmentWipe(index, generation, Long.MIN_VALUE, Long.MIN_VALUE),
          new SegmentWipe(index, generation, page, Long.MAX_VALUE & -page),
        }) {
      Refused refused = assertInstanceOf(Refused.class, ask(wrong), wrong::toString);
      assertEquals(Reason.STALE_REFERENCE, refused.reason(), wrong::toString);
    }
  }

  @Test
  void wipes_that_are_not_waited_for_are_bounded() throws Exception {
    SegmentAdded added = add(Segment.OUTPUT);
    SegmentWipe whole = new SegmentWipe(added.segment(), added.generation(), 0, SEGMENT_BYTES);
    int refused = 0;
    int wiped = 0;
    int asked = 2 * SessionSegments.MAX_WIPES;
    CountDownLatch allSent = new CountDownLatch(1);
    loop.execute(() -> awaitUnhurried(allSent));
    for (int i = 0; i < asked; i++) {
      client.send(whole);
    }
    allSent.countDown();
    for (int i = 0; i < asked; i++) {
      ControlMessage answer = answer();
      if (answer instanceof SegmentWiped) {
        wiped++;
      } else {
        assertEquals(Reason.BUDGET_EXCEEDED, assertInstanceOf(Refused.class, answer).reason());
        refused++;
      }
    }
    assertTrue(wiped >= SessionSegments.MAX_WIPES, wiped + " wiped");
    assertTrue(refused > 0, "none was refused");
    assertEquals(new SegmentWiped(), ask(whole), "once they are answered, more may be asked");
  }

  private static void awaitUnhurried(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private ByteBuffer map(int descriptor) throws OsException {
    return mapDescriptor(client.descriptor(descriptor));
  }

  private static ByteBuffer mapDescriptor(int fd) throws OsException {
    long bytes = Memory.size(fd);
    return Memory.view(
        OsException.check(
            "mmap", Memory.map(fd, 0, bytes, Memory.PROT_READ | Memory.PROT_WRITE, true)),
        bytes);
  }

  private void unmap(ByteBuffer mapped) {
    assertEquals(0, Memory.unmap(Memory.addressOf(mapped), mapped.capacity()));
  }

  @Test
  void segments_and_regions_of_a_lost_session_count_until_the_client_lets_go_of_them()
      throws Exception {
    add(Segment.INPUT);
    ByteBuffer kept = map(FIRST_SEGMENTS_DESCRIPTOR);
    ByteBuffer own = map(0);
    kept.put(0, (byte) 7);
    long counted = onControl(() -> door.budget().bytes());
    client.hangUp();
    until(() -> door.sessions() == 0);
    onControl(
        () -> {
          door.returns().look();
          return null;
        });
    assertEquals(counted, onControl(() -> door.budget().bytes()));
    assertEquals(1, onControl(() -> door.budget().sessions()));
    assertEquals(1, segmentsThatCount());
    assertEquals(7, kept.get(0), "an application's data, which it may still copy");
    assertEquals(0, own.getLong(0), "its region is taken from it");
    unmap(kept);
    unmap(own);
    client.close();
    until(
        () -> {
          door.returns().look();
          return door.budget().bytes() == 0;
        });
    assertEquals(0, segmentsThatCount());
    assertEquals(0, onControl(() -> door.budget().sessions()));
    greet();
  }

  @Test
  void who_says_goodbye_has_given_its_segments_back() throws Exception {
    add(Segment.INPUT);
    ByteBuffer kept = map(FIRST_SEGMENTS_DESCRIPTOR);
    kept.put(0, (byte) 7);
    client.send(new Goodbye());
    until(() -> door.budget().segments() == 0);
    assertEquals(0, kept.get(0));
    unmap(kept);
  }

  @Test
  void who_says_goodbye_to_a_broker_that_leaves_takes_its_segments_along() throws Exception {
    add(Segment.INPUT);
    ByteBuffer kept = map(FIRST_SEGMENTS_DESCRIPTOR);
    kept.put(0, (byte) 7);
    onControl(
        () -> {
          door.goAway("a test");
          return null;
        });
    client.send(new Goodbye());
    until(() -> door.sessions() == 0);
    assertEquals(1, segmentsThatCount());
    assertEquals(7, kept.get(0));
    unmap(kept);
  }

  @Test
  void a_session_that_ends_while_its_segment_is_made_leaves_nothing() throws Exception {
    client.send(new SegmentAdd(handle, Segment.INPUT, 64L << 20));
    data.pass();
    client.close();
    until(() -> door.sessions() == 0);
    until(
        () -> {
          door.returns().look();
          return door.budget().bytes() == 0;
        });
    assertEquals(0, segmentsThatCount());
  }

  @Test
  void how_far_requests_were_consumed_can_be_read_after_the_end() throws Exception {
    client.mapRings();
    client.submit();
    until(() -> client.readByBroker() > 0);
    long read = client.readByBroker();
    client.send(new Goodbye());
    until(() -> door.sessions() == 0);
    assertEquals(read, client.readByBroker());
  }

  /** A client that hangs up is none of the violations that a test waits for. */
  private final class LeaversOnly implements Violations {
    @Override
    public void session(Session session, Reason reason, String text) {
      loop.execute(() -> door.expel(session, reason, text));
    }

    @Override
    public void worker(Seat seat, int workerEpoch, Death death, String text) {
      throw new IllegalStateException(text);
    }

    @Override
    public void workerLeft(Seat seat, int workerEpoch, String text) {
      throw new IllegalStateException(text);
    }
  }
}
