// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.jni.os.Epoll;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.frame.FrameCheck;
import io.berth.shm.frame.Permission;
import io.berth.shm.region.Region;
import io.berth.shm.ring.Idle;
import io.berth.shm.ring.RecordDescriptor;
import io.berth.shm.ring.Sleep;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.arena.SegmentTable;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.Operation.Execution;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import io.berth.worker.link.Answers;
import io.berth.worker.link.ControlSocket;
import io.berth.worker.link.Link;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;

/**
 * Serves one link from WORKER_READY until it ends: reads the request ring, executes inline or hands
 * to lanes, beats, sleeps.
 *
 * <p>One thread: the worker's main thread.
 */
final class Serving {
  private static final int BATCH = 64;
  private static final long LOOK_AROUND_NANOS = 1_000_000;
  private static final long FULL_NAP_NANOS = 20_000;
  private static final int MOST_BYTES_HERE = 1 << 16;

  /** How a link ended. */
  enum End {
    /** The broker is gone. */
    LOST,
    /** The broker asked to attach anew, and everything was answered. */
    GONE_AWAY,
    /** This process is to end. */
    STOPPED,
    /** The driver says that its device is gone. */
    DEVICE_LOST
  }

  private final OpenDriver device;
  private final LanePool lanes;
  private final Link link;
  private final Wakeups wakeups;
  private final Answers answers;
  private final ControlDesk desk;
  private final SegmentTable segments = new SegmentTable();
  private final Targets targets = new Targets();
  private final Exchange inline = new Exchange();
  private final OneToOneRingBuffer requests;
  private final Region broker;
  private final Sleep sleep;
  private final Thread thread = Thread.currentThread();
  private final MessageHandler handler = this::onFrame;
  private final IntSupplier readBatch = this::readBatch;
  private final Idle idle;
  private final int maxInlineBytes;
  private long nowNanos;
  private long lookAroundNanos;
  private final Company company = new Company();
  private final ProcessorWatch watch = new ProcessorWatch();
  private long seenSignal;
  private long drainedSignal; // seen before the records that are being read
  private boolean goingAway;
  private boolean lost;
  private boolean deviceLost;
  private boolean bellRung;

  Serving(OpenDriver device, LanePool lanes, Link link, ControlSocket control, Wakeups wakeups) {
    this.device = device;
    this.lanes = lanes;
    this.link = link;
    this.wakeups = wakeups;
    this.answers = new Answers(link);
    this.desk = new ControlDesk(control, segments);
    this.requests = link.requests();
    this.broker = link.broker();
    this.sleep = new Sleep(link.own());
    long yieldNanos = TimeUnit.MICROSECONDS.toNanos(link.welcome().yieldMicros());
    this.idle = new Idle(yieldNanos);
    this.maxInlineBytes = link.welcome().maxInlineBytes();
    inline.attach(answers, link.clock(), maxInlineBytes, this::awaitRoom);
    lanes.attach(answers, yieldNanos, wakeups::signal);
  }

  /** Serves until the link ends; then nothing uses its memory any more. */
  End run() throws IOException {
    try (Epoll epoll = new Epoll(4)) {
      watch(epoll);
      return loop(epoll);
    } finally {
      answers.close();
      lanes.abandon();
      // The next broker counts its sessions from 1, too: what is held for session 1 of this one
      // must not be its.
      device.allSessionsClosed();
      lanes.sessionsEnded();
      segments.close();
    }
  }

  private void watch(Epoll epoll) throws OsException {
    OsException.check("epoll(doorbell)", epoll.add(link.bellFromBroker(), Epoll.EPOLLIN, 0));
    OsException.check("epoll(control)", epoll.add(desk.descriptor(), Epoll.EPOLLIN, 1));
    OsException.check("epoll(wake-ups)", epoll.add(wakeups.descriptor(), Epoll.EPOLLIN, 2));
  }

  private End loop(Epoll epoll) throws IOException {
    while (true) {
      nowNanos = System.nanoTime();
      if (nowNanos - lookAroundNanos >= 0) {
        lookAround(epoll, 0);
      }
      if (lost) {
        return End.LOST;
      }
      if (deviceLost) {
        answers.publish();
        return End.DEVICE_LOST;
      }
      boolean stopping = wakeups.isStopRequested();
      if (stopping && lanes.isQuiet()) {
        return End.STOPPED;
      }
      int taken = stopping ? 0 : drain();
      if (taken > 0) {
        idle.worked(nowNanos);
        if (taken < BATCH) {
          idle.giveWay();
        }
        continue;
      }
      if (goingAway && lanes.isEmpty()) {
        return End.GONE_AWAY;
      }
      boolean waitsForLanes = !lanes.isEmpty() && !lanes.worthYielding();
      if (!idle.isTimeToBlock(nowNanos) && !waitsForLanes) {
        idle.giveWay();
        continue;
      }
      idle.woken(block(epoll));
    }
  }

  /** Takes one batch. Returns how many records it had. */
  private int drain() {
    long signal = broker.signalAcquire();
    if (signal == seenSignal) {
      return 0;
    }
    drainedSignal = signal;
    long before = requests.consumerPosition();
    int taken;
    if (lanes.size() == 0) {
      taken = answers.batch(readBatch);
    } else {
      // Lanes answer meanwhile and are not to wait for the lock of a batch.
      taken = readBatch();
      answers.publish();
    }
    long after = requests.consumerPosition();
    // A read also ends behind the ring's last byte, perhaps with nothing but padding taken; there
    // may be more at the ring's beginning.
    boolean mayHaveMore = taken == BATCH || (after & (requests.capacity() - 1)) == 0;
    if (after == before || !mayHaveMore) {
      // Everything that was committed before this signal is consumed.
      seenSignal = signal;
    }
    return taken;
  }

  private int readBatch() {
    return requests.read(handler, BATCH);
  }

  /** Sleeps. Returns whether it was woken, or need not have slept. */
  private boolean block(Epoll epoll) throws IOException {
    boolean rung = true;
    emptyBell();
    sleep.arm();
    // Pairs with the broker's fence between its signal word and its look at our sleep word.
    VarHandle.fullFence();
    if (broker.signalAcquire() == seenSignal || wakeups.isStopRequested()) {
      rung = lookAround(epoll, link.welcome().heartbeatMillis()) > 0;
    }
    sleep.disarm();
    return rung;
  }

  /**
   * Beats, and handles everything that comes in other ways than over the ring.
   *
   * @return how many ways something came in
   */
  private int lookAround(Epoll epoll, int timeoutMillis) throws IOException {
    beat();
    int count = OsException.check("epoll_wait", epoll.await(timeoutMillis));
    beat();
    for (int i = 0; i < count; i++) {
      if (epoll.data(i) == 0) {
        bellRung = true;
      } else if (epoll.data(i) == 1) {
        lost |= !desk.readAll();
        goingAway |= desk.isGoingAway();
      } else {
        wakeups.drain();
      }
    }
    lost |= answers.hasFailed();
    if (!lost && segments.hasDropped()) {
      lost |= !desk.releaseSegments();
    }
    lanes.expire(nowNanos);
    deviceLost = device.driver().loss() != null;
    return count;
  }

  /**
   * Empties the bell if it was heard in the last sleep: what it was rung for has been served by
   * now, and emptying it first would have held that up. Not while armed, as the broker rings for
   * each sleep once.
   */
  private void emptyBell() {
    if (bellRung) {
      bellRung = false;
      lost |= Pipes.drain(link.bellFromBroker()) < 0;
    }
  }

  private void beat() {
    nowNanos = System.nanoTime();
    lookAroundNanos = nowNanos + LOOK_AROUND_NANOS;
    link.own().heartbeatOpaque(link.clock().fromOwn(nowNanos));
  }

  /** The response ring is full. The broker always drains it, unless it is gone. */
  private void awaitRoom() {
    answers.publish();
    LockSupport.parkNanos(FULL_NAP_NANOS);
    if (Thread.currentThread() == thread) {
      link.own().heartbeatOpaque(link.clock().fromOwn(System.nanoTime()));
      if (desk.hasPeerGone() || answers.hasFailed()) {
        lost = true;
        answers.close();
      }
    }
  }

  private void onFrame(int type, MutableDirectBuffer in, int index, int bodyBytes) {
    int at = index - RecordDescriptor.HEADER_BYTES;
    int length = bodyBytes + RecordDescriptor.HEADER_BYTES;
    String violation = FrameCheck.violation(in, at, length, maxInlineBytes);
    if (violation != null) {
      throw new IllegalStateException("request ring: " + violation);
    }
    switch (type) {
      case TYPE_REQUEST -> request(in, at);
      case TYPE_CREDIT ->
          lanes.credit(in.getLong(at + CORRELATION_OFFSET), in.getInt(at + CREDIT_OFFSET));
      case TYPE_CANCEL -> cancel(in.getLong(at + CORRELATION_OFFSET));
      case TYPE_BIND -> {
        int bytes = in.getInt(at + PAYLOAD_BYTES_OFFSET);
        String name = in.getStringWithoutLengthUtf8(at + HEADER_BYTES, bytes);
        targets.bind(device, in.getInt(at + HANDLE_OFFSET), name);
      }
      case TYPE_SESSION_CLOSED -> {
        int flags = in.getInt(at + FLAGS_OFFSET);
        if ((flags & FLAG_SESSION) != 0) {
          device.sessionClosed(in.getLong(at + sessionOffset(flags)));
          lanes.sessionsEnded();
        }
      }
      case TYPE_GOAWAY -> goingAway = true;
      default -> throw new IllegalStateException("request ring: frame of type " + type);
    }
  }

  private void request(MutableDirectBuffer in, int at) {
    OperationProfile operation = device.operation(in.getInt(at + OPERATION_OFFSET));
    boolean inlined = operation == null || operation.operation().execution() == Execution.INLINE;
    if (!goingAway && !inlined && operation.isShort() && executeHere(operation, in, at)) {
      return;
    }
    if (goingAway || inlined) {
      inline.load(in, at, false);
      if (goingAway) {
        inline.fail(Status.UNAVAILABLE, Reason.GOING_AWAY, "");
      } else if (operation == null) {
        inline.fail(
            Reason.UNKNOWN_OPERATION.usualStatus(),
            Reason.UNKNOWN_OPERATION,
            device.name() + " has no operation " + Permission.textOf(inline.operation()));
      } else if (prepare(inline)) {
        Executions.begin(device.inlineLane(), inline, nowNanos);
        if (inline.source() != null) {
          Executions.fail(
              inline,
              Status.INTERNAL,
              Reason.DRIVER_ERROR,
              "an operation that is executed inline cannot stream");
          Executions.close(inline.source());
        }
        inline.unpin();
      }
      return;
    }
    Exchange exchange = lanes.obtain();
    exchange.attach(answers, link.clock(), maxInlineBytes, this::awaitRoom);
    exchange.load(in, at, true);
    exchange.profile = operation;
    if (!prepare(exchange)) {
      lanes.recycle(exchange);
      return;
    }
    try {
      lanes.submit(exchange, device.laneOf(exchange));
    } catch (RequestException e) {
      exchange.fail(e.status(), e.reason(), e.deviceCode(), e.getMessage());
      exchange.unpin();
      lanes.recycle(exchange);
    }
  }

  /**
   * Executes what takes less than handing it to a lane, as long as it takes no more than the device
   * does at once, and what is short while there is nothing else to do. False: not this one.
   */
  private boolean executeHere(OperationProfile operation, MutableDirectBuffer in, int at) {
    int flags = in.getInt(at + FLAGS_OFFSET);
    boolean hasBlocks = (flags & (FLAG_INPUT | FLAG_OUTPUT)) != 0;
    boolean quick = !hasBlocks && operation.isQuick() && lanes.hasIdleLane();
    boolean inTurn = !hasBlocks && lanes.isBestInTurn(operation);
    if ((flags & FLAG_STREAM) != 0
        || !(quick || inTurn || isAlone(in, at))
        || device.readersLane() == null
        || !device.readersLane().isReady()) {
      return false;
    }
    inline.load(in, at, false);
    if (!prepare(inline)) {
      return true;
    }
    if (!mayLeaveLane(inline)) {
      inline.unpin();
      return false;
    }
    watch.begin(operation);
    long begun = System.nanoTime();
    Executions.begin(device.readersLane(), inline, begun);
    long took = System.nanoTime() - begun;
    inline.unpin();
    watch.end(operation, took);
    if (quick) {
      operation.executedQuickly(took);
    } else {
      operation.executedHere(took);
      if (!inTurn && broker.signalAcquire() != drainedSignal) {
        company.seen();
      }
    }
    answers.publish();
    return true;
  }

  /** Whether this record is all that is to do, and nothing is expected to come soon. */
  private boolean isAlone(MutableDirectBuffer in, int at) {
    int bytes = RecordDescriptor.align(in.getInt(at));
    return lanes.isEmpty()
        && requests.producerPosition() - requests.consumerPosition() == bytes
        && !company.isLikely();
  }

  /** Whether a request neither names a lane nor brings so much that it would hold up others. */
  private boolean mayLeaveLane(Exchange exchange) {
    ByteBuffer data = exchange.input();
    if (data != null && data.remaining() > MOST_BYTES_HERE) {
      return false;
    }
    try {
      return device.laneOf(exchange) == Driver.ANY_LANE;
    } catch (RequestException e) {
      return false; // Whoever is to execute it answers with that.
    }
  }

  /** Resolves what the request names. False: it was answered with what is wrong. */
  private boolean prepare(Exchange exchange) {
    Target target = targets.get(exchange.targetId());
    if (target == null) {
      RequestException refusal = targets.refusal(exchange.targetId());
      if (refusal == null) {
        exchange.fail(
            Reason.STALE_HANDLE.usualStatus(),
            Reason.STALE_HANDLE,
            "target " + exchange.targetId() + " was not announced");
      } else {
        exchange.fail(
            refusal.status(), refusal.reason(), refusal.deviceCode(), refusal.getMessage());
      }
      return false;
    }
    exchange.target(target);
    if (exchange.hasBlocks()) {
      try {
        exchange.pin(segments);
      } catch (RequestException e) {
        exchange.fail(e.status(), e.reason(), e.deviceCode(), e.getMessage());
        return false;
      }
    }
    return true;
  }

  private void cancel(long correlation) {
    Exchange exchange = lanes.cancel(correlation);
    if (exchange != null) {
      Executions.cancelled(exchange);
      lanes.ended(exchange);
    }
  }
}
