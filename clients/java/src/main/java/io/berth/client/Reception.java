// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.os.Bell;
import io.berth.client.wire.FrameLayout;
import io.berth.client.wire.ProtocolViolation;
import io.berth.client.wire.RegionLayout;
import io.berth.client.wire.ResponseRing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Receiving side of one connection: leader and followers.
 *
 * <p>Exactly one thread, the leader, looks at the response ring, and takes everybody's answers out
 * of it. A blocked caller becomes the leader itself if there is none, so that a lone caller's
 * answer costs no hand-over between threads; when its own answer has come it hands leadership to a
 * parked follower. A daemon thread leads only while asynchronous requests are outstanding and no
 * caller leads; while it sleeps its leadership can be taken from it ({@link #ASLEEP}), so that it
 * never stands between a caller and its answer.
 *
 * <pre>
 * leader:  null --CAS--> thread --> null
 *                 daemon --> ASLEEP --CAS--> any thread
 *          null or ASLEEP --CAS--> CLOSED (for good)
 * </pre>
 */
@SuppressWarnings(
    "ThreadPriorityCheck") // a short while of yielding is what makes a round trip fast on few cores
final class Reception {
  private static final Object ASLEEP = new Object();
  private static final Object CLOSED = new Object();
  private static final long LONGEST_SLEEP_NANOS = 5_000_000_000L;
  private static final long ROOM_SLEEP_NANOS = 1_000_000L;
  private static final int BATCH = 64;

  private final Connection connection;
  private final ResponseRing ring;
  private final InFlight inFlight;
  private final Bell bell;
  private final AtomicReference<Object> leader = new AtomicReference<>();
  private final AtomicInteger asynchronous = new AtomicInteger();
  private final Thread daemon;
  private final Object daemonStart = new Object();
  private volatile boolean daemonStarted;
  private volatile boolean daemonPolls;
  private volatile boolean ending;

  // Guarded by itself.
  private final ArrayList<Call> followers = new ArrayList<>();
  private volatile int roomWaiters;

  // Written by the leader only: counts whatever gave room back.
  private volatile long returns;

  // The leader's alone.
  private final Bell.Waiter waiter = new Bell.Waiter();
  private final ArrayDeque<Call> completions = new ArrayDeque<>();
  private long sleepWord;

  Reception(Connection connection, Link link, InFlight inFlight, String name) {
    this.connection = connection;
    this.ring = link.responses;
    this.bell = link.bell;
    this.inFlight = inFlight;
    this.daemon = new Thread(this::serveAsynchronous, name + "-receive");
    this.daemon.setDaemon(true);
  }

  /**
   * Waits until the call is ready, its time is over, or this connection ends.
   *
   * @param yieldNanos how long to yield before blocking; 0 to block at once
   */
  void await(Call call, long deadlineNanos, long yieldNanos) {
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    long yieldUntil = System.nanoTime() + yieldNanos;
    while (!call.ready()) {
      if (leader.get() == me) {
        // Called from a completion that this very thread runs as the leader.
        lead(call, deadlineNanos, yieldNanos);
        break;
      }
      if (!ending && tryLead(me)) {
        try {
          lead(call, deadlineNanos, yieldNanos);
        } finally {
          handOver();
        }
        if (!ending) {
          break;
        }
      }
      long now = System.nanoTime();
      if (call.ready() || now - deadlineNanos >= 0) {
        break;
      }
      if (now - yieldUntil < 0) {
        Thread.yield();
        continue;
      }
      follow(call, me, deadlineNanos - now);
      // Not interruptible: the time-out bounds the wait. The flag is put back for the caller.
      interrupted |= Thread.interrupted();
    }
    if (leader.get() == null) {
      // Somebody may have chosen this thread as its successor just when it left.
      wakeSuccessor();
    }
    if (interrupted) {
      me.interrupt();
    }
  }

  private void follow(Call call, Thread me, long nanos) {
    call.parked = me;
    synchronized (followers) {
      followers.add(call);
    }
    // Seen by whoever completes the call or gives leadership up, or that is seen here: both sides
    // write first, then look.
    Object now = leader.get();
    if (!call.ready() && (ending || (now != null && now != ASLEEP))) {
      LockSupport.parkNanos(call, Math.min(nanos, LONGEST_SLEEP_NANOS));
    }
    call.parked = null;
    synchronized (followers) {
      followers.remove(call);
    }
  }

  /**
   * Waits until something in flight gave room back. Returns at once if called by the leader within
   * a completion.
   */
  boolean awaitRoom(long snapshot, long deadlineNanos) {
    RoomWait wait = new RoomWait(snapshot);
    synchronized (followers) {
      roomWaiters++;
    }
    try {
      while (!wait.ready() && !ending && System.nanoTime() - deadlineNanos < 0) {
        long slice = System.nanoTime() + ROOM_SLEEP_NANOS;
        await(wait, slice - deadlineNanos < 0 ? slice : deadlineNanos, 0);
        // The request ring's room comes back without an answer: look at least once a slice.
        if (System.nanoTime() - slice >= 0) {
          return true;
        }
      }
      return wait.ready();
    } finally {
      synchronized (followers) {
        roomWaiters--;
      }
    }
  }

  /** Takes out what is there, without waiting, if nobody leads. */
  void glance() {
    if (tryLead(Thread.currentThread())) {
      try {
        drainChecked();
      } finally {
        handOver();
      }
    }
  }

  long returns() {
    return returns;
  }

  private boolean tryLead(Thread me) {
    Object now = leader.get();
    if (now == null) {
      return leader.compareAndSet(null, me);
    }
    return now == ASLEEP && leader.compareAndSet(ASLEEP, me) && disarm();
  }

  private void lead(Call call, long deadlineNanos, long yieldNanos) {
    long idleSince = 0;
    boolean idle = false;
    while (!ending) {
      int taken = drainChecked();
      if (call.ready()) {
        return;
      }
      if (taken > 0) {
        idle = false;
        continue;
      }
      long now = System.nanoTime();
      if (now - deadlineNanos >= 0) {
        return;
      }
      if (!idle) {
        idle = true;
        idleSince = now;
      }
      if (now - idleSince < yieldNanos) {
        Thread.yield();
      } else {
        sleep(Math.min(deadlineNanos - now, LONGEST_SLEEP_NANOS));
      }
    }
  }

  private void sleep(long nanos) {
    arm();
    Bell.Outcome outcome = Bell.Outcome.TIMED_OUT;
    if (nothingYet()) {
      outcome = waiter.await(bell, nanos);
    }
    disarm();
    woken(outcome);
  }

  private void woken(Bell.Outcome outcome) {
    if (outcome == Bell.Outcome.RUNG) {
      outcome = waiter.drain(bell);
    }
    if (outcome == Bell.Outcome.BROKER_GONE) {
      connection.lost("the broker closed its end of the doorbell");
    }
  }

  private void arm() {
    sleepWord++;
    connection.ownWords().setOpaque(RegionLayout.SLEEP, sleepWord);
    connection.ownWords().setOpaque(RegionLayout.HEARTBEAT, System.nanoTime());
    // Either the broker sees the odd word, or the look that follows sees its tail.
    connection.ownWords().fullFence();
  }

  private boolean disarm() {
    if ((sleepWord & 1) != 0) {
      sleepWord++;
      connection.ownWords().setOpaque(RegionLayout.SLEEP, sleepWord);
    }
    return true;
  }

  private boolean nothingYet() {
    try {
      return ring.isEmpty() && !ending;
    } catch (ProtocolViolation e) {
      connection.violated(e);
      return false;
    }
  }

  private int drainChecked() {
    int taken = 0;
    try {
      while (taken < BATCH && ring.next()) {
        take();
        taken++;
      }
    } catch (ProtocolViolation e) {
      connection.violated(e);
    }
    if (taken > 0 && roomWaiters > 0) {
      wakeRoomWaiters();
    }
    for (Call each = completions.poll(); each != null; each = completions.poll()) {
      each.complete();
    }
    return taken;
  }

  private void take() {
    Slot slot = inFlight.waitingFor(ring.correlation());
    if (slot == null) {
      // Ended before, or never sent. It harms nobody.
      ring.consumed();
      return;
    }
    check(slot);
    Call call = slot.call;
    if ((ring.flags() & FrameLayout.MORE) != 0) {
      slot.nextPart++;
      if (call.state() == Call.WAITING) {
        call.deliverPart(ring);
      }
      ring.consumed();
      inFlight.giveBackSpace(slot.replySpaceBytes);
      countReturn();
      call.wake();
      return;
    }
    boolean delivered = call.deliverEnd(ring);
    // The broker's account of reply space is reduced by the head, ours by the slot: first its, then
    // ours.
    ring.consumed();
    connection.unpin(slot);
    inFlight.giveBack(slot);
    countReturn();
    if (!delivered) {
      return;
    }
    connection.measured(call);
    if (call.isAsynchronous()) {
      call.uncount();
      completions.add(call);
    } else {
      call.complete();
    }
  }

  private void check(Slot slot) {
    boolean more = (ring.flags() & FrameLayout.MORE) != 0;
    if (more && (!slot.streamed || slot.creditLeft() <= 0)) {
      throw new ProtocolViolation(
          "response ring: a part without credit for " + Long.toHexString(ring.correlation()));
    }
    if (more && ring.part() != slot.nextPart) {
      throw new ProtocolViolation(
          "response ring: expected part " + slot.nextPart + ", found " + ring.part());
    }
    if (ring.payloadBytes() > Math.max(slot.replyLimit, FrameLayout.MIN_REPLY_BYTES)) {
      throw new ProtocolViolation(
          "response ring: a payload of "
              + ring.payloadBytes()
              + " bytes, reserved were "
              + slot.replyLimit);
    }
    long outputBytes = ring.untrustedOutputBytes();
    if (outputBytes != -1
        && (slot.output == null || outputBytes < 0 || outputBytes > slot.output.bytes())) {
      throw new ProtocolViolation(
          "response ring: "
              + outputBytes
              + " bytes in an output block of "
              + (slot.output == null ? 0 : slot.output.bytes()));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time, the leader
  private void countReturn() {
    returns++;
  }

  private void handOver() {
    if (leader.get() == CLOSED) {
      return;
    }
    boolean armed = false;
    if (asynchronous.get() > 0 && daemonPolls && !ending && !hasFollowers()) {
      // The daemon still sleeps on the doorbell; give its sleep back to it instead of waking it.
      arm();
      armed = nothingYet();
      if (!armed) {
        disarm();
      }
    }
    if (armed) {
      leader.set(ASLEEP);
      if (daemonPolls || !leader.compareAndSet(ASLEEP, null)) {
        return;
      }
    } else {
      leader.set(null);
    }
    wakeSuccessor();
  }

  private boolean hasFollowers() {
    synchronized (followers) {
      return !followers.isEmpty();
    }
  }

  private void wakeSuccessor() {
    synchronized (followers) {
      for (int i = 0; i < followers.size(); i++) {
        Call each = followers.get(i);
        Thread thread = each.parked;
        if (!each.ready() && thread != null && thread != Thread.currentThread()) {
          LockSupport.unpark(thread);
          return;
        }
      }
    }
    if (asynchronous.get() > 0) {
      LockSupport.unpark(daemon);
    }
  }

  private void wakeRoomWaiters() {
    synchronized (followers) {
      for (int i = 0; i < followers.size(); i++) {
        Call each = followers.get(i);
        if (each instanceof RoomWait) {
          each.wake();
        }
      }
    }
  }

  // ---- asynchronous requests

  /** Before an asynchronous request is published. */
  void asynchronousBegins() {
    asynchronous.incrementAndGet();
    if (!daemonStarted) {
      synchronized (daemonStart) {
        if (!daemonStarted && !ending) {
          daemonStarted = true;
          daemon.start();
        }
      }
    }
  }

  /** After it was published: somebody must look for its answer. */
  void asynchronousPublished() {
    if (leader.get() == null) {
      LockSupport.unpark(daemon);
    }
  }

  /** Counterpart of {@link #asynchronousBegins()}. */
  void asynchronousEnded() {
    asynchronous.decrementAndGet();
  }

  private void serveAsynchronous() {
    Bell.Waiter own = new Bell.Waiter();
    while (!ending) {
      if (asynchronous.get() == 0 || !tryLead(daemon)) {
        Object now = leader.get();
        if (asynchronous.get() == 0 || (now != null && now != ASLEEP)) {
          LockSupport.park(this);
        }
        continue;
      }
      leadAsynchronous(own);
    }
  }

  private void leadAsynchronous(Bell.Waiter own) {
    long idleSince = System.nanoTime();
    while (!ending && asynchronous.get() > 0 && !hasFollowers()) {
      if (drainChecked() > 0) {
        idleSince = System.nanoTime();
      } else if (System.nanoTime() - idleSince < connection.yieldNanos()) {
        Thread.yield();
      } else {
        arm();
        if (!nothingYet()) {
          disarm();
          continue;
        }
        daemonPolls = true;
        leader.set(ASLEEP);
        Bell.Outcome outcome = own.await(bell, LONGEST_SLEEP_NANOS);
        daemonPolls = false;
        if (!leader.compareAndSet(ASLEEP, daemon)) {
          // A caller leads now. The doorbell's byte is its to take.
          return;
        }
        disarm();
        woken(outcome);
        idleSince = System.nanoTime();
      }
    }
    handOver();
  }

  // ---- the end

  /**
   * Ends reception for good: afterwards no thread touches the response ring.
   *
   * <p>By the control thread. Waits for the leader to leave, which it does as soon as it is out of
   * the application's completions.
   */
  void close() {
    ending = true;
    bell.wakeForGood();
    while (!leader.compareAndSet(null, CLOSED) && !leader.compareAndSet(ASLEEP, CLOSED)) {
      LockSupport.parkNanos(20_000);
    }
    drainChecked();
  }

  /** Wakes everybody who waits here, and waits for the daemon to end. After {@link #close()}. */
  void dismiss() {
    List<Call> all;
    synchronized (followers) {
      all = new ArrayList<>(followers);
    }
    for (Call each : all) {
      each.wake();
    }
    boolean started;
    synchronized (daemonStart) {
      started = daemonStarted;
    }
    while (started && daemon.isAlive()) {
      LockSupport.unpark(daemon);
      try {
        daemon.join(10);
      } catch (InterruptedException e) {
        // This thread is ours and nobody interrupts it on purpose; the daemon ends in any case.
        Thread.interrupted();
      }
    }
  }

  /** A pseudo-call that is ready when something was given back since a snapshot. */
  private final class RoomWait extends Call {
    private final long snapshot;

    RoomWait(long snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    boolean ready() {
      return returns != snapshot || ending;
    }
  }
}
