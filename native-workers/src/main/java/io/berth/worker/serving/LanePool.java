// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.jni.os.OsException;
import io.berth.jni.os.Processors;
import io.berth.shm.status.Reason;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.RequestException;
import io.berth.worker.link.Answers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.collections.Long2ObjectHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes and the requests that wait for them, are on them, or are paused for want of credit.
 *
 * <p>Some lanes may be kept for interactive requests: one of those takes an ordinary lane if one is
 * idle and otherwise a kept one, which no other request ever has. So bulk work that fills the
 * device's window leaves an interactive request a lane.
 *
 * <p>The thread that reads the ring hands requests in; it can hand in no more than the broker's
 * window lets through, and {@value #PRESENT_MAX} at most. Lanes outlive a link: {@link #attach}
 * binds them to the next one.
 */
final class LanePool implements AutoCloseable {
  /** The largest window that a broker gives, and what goes out beyond it. */
  static final int PRESENT_MAX = 4096 + OpenDriver.INTERACTIVE_LANES_MAX;

  private static final Logger LOG = LoggerFactory.getLogger(LanePool.class);
  private static final int KEPT_FREE = 256;
  private static final int AVERAGE_OVER = 8;

  private static final ArrayDeque<Exchange> NOTHING = new ArrayDeque<>(0);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition emptied = lock.newCondition();
  private final List<LaneThread> lanes = new ArrayList<>();
  // Last in, first out: the lane that worked last has its stack and its session in the caches.
  private final ArrayDeque<LaneThread> idle = new ArrayDeque<>();
  private final ArrayDeque<LaneThread> idleReserved = new ArrayDeque<>();
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();
  private final ArrayDeque<Exchange> waitingInteractive = new ArrayDeque<>();
  // Requests that are running and keep a processor busy.
  private int computing;
  private int computingInteractive; // of these
  private int processors;
  private final Long2ObjectHashMap<Exchange> present = new Long2ObjectHashMap<>();
  private final ArrayDeque<Exchange> free = new ArrayDeque<>();
  private long nextTurn;
  private Answers answers;
  private Runnable ended;
  private long yieldNanos;
  private volatile int presentCount;
  private final AtomicInteger paused = new AtomicInteger();
  private final AtomicLong serviceNanos = new AtomicLong();

  /** Opens one lane after the other; if one fails, those before it are closed. */
  static LanePool open(String deviceName, OpenDriver device) throws DriverException {
    LanePool pool = new LanePool();
    try {
      pool.processors = Processors.usable();
      int count = device.driver().lanes() + device.interactiveLanes();
      for (int number = 0; number < count; number++) {
        LaneThread lane = new LaneThread(deviceName, number, pool, device);
        lane.start();
        lane.awaitOpened();
        pool.add(lane);
      }
    } catch (OsException e) {
      throw DriverException.transientFailure(deviceName + ": " + e.getMessage());
    } catch (DriverException e) {
      pool.close();
      throw e;
    } catch (InterruptedException e) {
      pool.close();
      Thread.currentThread().interrupt();
      throw DriverException.transientFailure(deviceName + ": interrupted while opening lanes");
    }
    return pool;
  }

  /** From now on the lane may be handed requests, be its thread asleep yet or not. */
  private void add(LaneThread lane) {
    lock.lock();
    try {
      lanes.add(lane);
      idleLike(lane).addLast(lane);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Binds to a new link; the pool is empty.
   *
   * @param whenEnded called by a lane after each request that used arena blocks
   */
  void attach(Answers toAnswers, long mostYieldNanos, Runnable whenEnded) {
    lock.lock();
    try {
      answers = toAnswers;
      yieldNanos = mostYieldNanos;
      ended = whenEnded;
    } finally {
      lock.unlock();
    }
  }

  /** Lanes of both kinds. */
  int size() {
    return lanes.size();
  }

  /** An exchange to load a request into; then {@link #submit} or {@link #recycle}. */
  Exchange obtain() {
    lock.lock();
    try {
      Exchange exchange = free.pollLast();
      return exchange == null ? new Exchange() : exchange;
    } finally {
      lock.unlock();
    }
  }

  void recycle(Exchange exchange) {
    exchange.wipe();
    lock.lock();
    try {
      if (free.size() < KEPT_FREE) {
        free.addLast(exchange);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands a request to a lane.
   *
   * @param laneNumber or {@link Driver#ANY_LANE}
   * @throws RequestException if there are too many, or its correlation is here already; the
   *     exchange stays the caller's then
   */
  void submit(Exchange exchange, int laneNumber) throws RequestException {
    lock.lock();
    try {
      if (present.size() >= PRESENT_MAX) {
        throw new RequestException(
            Reason.QUEUE_FULL.usualStatus(),
            Reason.QUEUE_FULL,
            present.size() + " requests are here >= " + PRESENT_MAX);
      }
      if (present.containsKey(exchange.correlation())) {
        throw new RequestException(
            Reason.DUPLICATE_CORRELATION.usualStatus(),
            Reason.DUPLICATE_CORRELATION,
            "a request under this correlation is here already");
      }
      present.put(exchange.correlation(), exchange);
      presentCount = present.size();
      exchange.lane = laneNumber == Driver.ANY_LANE ? null : lanes.get(laneNumber);
      enqueue(exchange);
    } finally {
      lock.unlock();
    }
  }

  private void enqueue(Exchange exchange) {
    LaneThread lane = wouldCrowd(exchange) ? null : idleFor(exchange);
    if (lane == null) {
      queue(exchange, queueOf(exchange));
    } else {
      running(exchange);
      lane.hand(exchange);
    }
  }

  /**
   * Whether lanes keep as many processors busy as they may, and it would do the same: then one of
   * those takes it when it is done, hot as it is, and nobody has to be woken. An interactive
   * request waits for its like only, however few others there are: they may take long.
   */
  private boolean wouldCrowd(Exchange exchange) {
    if (exchange.lane != null || !exchange.profile.computes()) {
      return false;
    }
    OperationProfile profile = exchange.profile;
    boolean interactive = exchange.isInteractive();
    return (interactive ? computingInteractive : computing) >= processors
        || (interactive ? profile.runningInteractive : profile.running)
            >= profile.mostAtOnce(processors);
  }

  private void running(Exchange exchange) {
    exchange.place = Exchange.Place.RUNNING;
    exchange.computing = exchange.profile.computes();
    count(exchange, 1);
  }

  private void notRunning(Exchange exchange) {
    count(exchange, -1);
    exchange.computing = false;
  }

  private void count(Exchange exchange, int more) {
    if (exchange.computing) {
      int moreInteractive = exchange.isInteractive() ? more : 0;
      computing += more;
      computingInteractive += moreInteractive;
      exchange.profile.running += more;
      exchange.profile.runningInteractive += moreInteractive;
    }
  }

  /** Whether a lane has nothing to do, so that one more request may be executed elsewhere. */
  boolean hasIdleLane() {
    lock.lock();
    try {
      return !idle.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Whether no lane has anything to do, nor would two of them do this sooner than one. */
  boolean isBestInTurn(OperationProfile operation) {
    return isEmpty() && operation.isBestInTurn(processors);
  }

  /** Takes an idle lane that may execute it; null: there is none. */
  private LaneThread idleFor(Exchange exchange) {
    LaneThread bound = exchange.lane;
    if (bound != null) {
      return idleLike(bound).remove(bound) ? bound : null;
    }
    LaneThread lane = idle.pollLast();
    return lane == null && exchange.isInteractive() ? idleReserved.pollLast() : lane;
  }

  private ArrayDeque<LaneThread> idleLike(LaneThread lane) {
    return lane.isReserved ? idleReserved : idle;
  }

  private ArrayDeque<Exchange> queueOf(Exchange exchange) {
    if (exchange.lane != null) {
      return exchange.lane.own;
    }
    return exchange.isInteractive() ? waitingInteractive : waiting;
  }

  private void queue(Exchange exchange, ArrayDeque<Exchange> queue) {
    exchange.place = Exchange.Place.QUEUED;
    exchange.turn = nextTurn++;
    queue.addLast(exchange);
  }

  /**
   * What a lane does next: of what it may do, whatever came first. Null: nothing, and the lane
   * counts as idle until it is handed one.
   */
  Exchange next(LaneThread lane) {
    lock.lock();
    try {
      Exchange exchange = takeFirst(lane.own, lane.isReserved);
      if (exchange == null) {
        idleLike(lane).addLast(lane);
      } else {
        running(exchange);
      }
      // Had this lane computed and does not now, another one may; also if this one cannot take what
      // waits because it is kept: nobody else would ever come for it.
      handOut(idle, false);
      handOut(idleReserved, true);
      return exchange;
    } finally {
      lock.unlock();
    }
  }

  private void handOut(ArrayDeque<LaneThread> sleeping, boolean onlyInteractive) {
    while (!sleeping.isEmpty()) {
      Exchange exchange = takeFirst(NOTHING, onlyInteractive);
      if (exchange == null) {
        return;
      }
      running(exchange);
      sleeping.pollLast().hand(exchange);
    }
  }

  private Exchange takeFirst(ArrayDeque<Exchange> own, boolean onlyInteractive) {
    ArrayDeque<Exchange> earliest = earlier(own, ready(waitingInteractive));
    if (!onlyInteractive) {
      earliest = earlier(earliest, ready(waiting));
    }
    return earliest.pollFirst();
  }

  private ArrayDeque<Exchange> ready(ArrayDeque<Exchange> queue) {
    Exchange first = queue.peekFirst();
    return first == null || wouldCrowd(first) ? NOTHING : queue;
  }

  /** Of two queues the one whose first came first. */
  private static ArrayDeque<Exchange> earlier(ArrayDeque<Exchange> a, ArrayDeque<Exchange> b) {
    Exchange ofA = a.peekFirst();
    Exchange ofB = b.peekFirst();
    return ofA != null && (ofB == null || ofA.turn - ofB.turn < 0) ? a : b;
  }

  /** Takes one credit; without any the stream is paused until {@link #credit}. */
  boolean takeCredit(Exchange exchange, LaneThread lane) {
    lock.lock();
    try {
      if (exchange.credit > 0) {
        exchange.credit--;
        return true;
      }
      if (exchange.isCancelled()) {
        // It came between the lane's look and now; the lane looks again.
        notRunning(exchange);
        exchange.lane = lane;
        queue(exchange, lane.own);
        return false;
      }
      notRunning(exchange);
      exchange.lane = lane;
      exchange.place = Exchange.Place.PAUSED;
      paused.incrementAndGet();
      return false;
    } finally {
      lock.unlock();
    }
  }

  void credit(long correlation, int parts) {
    lock.lock();
    try {
      Exchange exchange = present.get(correlation);
      if (exchange != null && parts > 0) {
        exchange.credit = (int) Math.min(Integer.MAX_VALUE, (long) exchange.credit + parts);
        resume(exchange);
      }
    } finally {
      lock.unlock();
    }
  }

  private void resume(Exchange exchange) {
    if (exchange.place == Exchange.Place.PAUSED) {
      paused.decrementAndGet();
      enqueue(exchange);
    }
  }

  /**
   * Cancels a request.
   *
   * @return it, if no lane has seen it and the caller is to answer it and then {@link #ended} it
   */
  Exchange cancel(long correlation) {
    lock.lock();
    try {
      Exchange exchange = present.get(correlation);
      if (exchange == null) {
        return null;
      }
      exchange.cancel();
      resume(exchange);
      if (exchange.place == Exchange.Place.QUEUED && exchange.source() == null) {
        queueOf(exchange).remove(exchange);
        exchange.place = Exchange.Place.RUNNING;
        return exchange;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Lets paused streams whose time is over come to their end. */
  void expire(long nowNanos) {
    if (paused.get() == 0) {
      return;
    }
    lock.lock();
    try {
      for (Exchange exchange : present.values()) {
        if (exchange.isExpired(nowNanos)) {
          resume(exchange);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** A request was answered. */
  void ended(Exchange exchange) {
    boolean usedBlocks = exchange.unpin();
    answers.publish();
    Runnable tell = usedBlocks ? ended : null;
    lock.lock();
    try {
      notRunning(exchange);
      present.remove(exchange.correlation());
      presentCount = present.size();
      if (presentCount == 0) {
        emptied.signalAll();
      }
    } finally {
      lock.unlock();
    }
    recycle(exchange);
    if (tell != null) {
      tell.run();
    }
  }

  /** Sessions have ended, and the driver was told: lanes that sleep let go of what is theirs. */
  void sessionsEnded() {
    lanes.forEach(LaneThread::sessionsEnded);
  }

  void publish() {
    answers.publish();
  }

  void served(long nanos) {
    // Lanes overwrite each other's average now and then; it only steers how to wait.
    long average = serviceNanos.get();
    serviceNanos.lazySet(average + (nanos - average) / AVERAGE_OVER);
  }

  /** Whether an answer is likelier to come within the yields than after. */
  boolean worthYielding() {
    return serviceNanos.get() <= yieldNanos;
  }

  long yieldNanos() {
    return yieldNanos;
  }

  /** Whether nothing goes on: every request that is here is a paused stream. */
  boolean isQuiet() {
    lock.lock();
    try {
      return presentCount == paused.get();
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    return presentCount == 0;
  }

  /**
   * The link is lost and its answers are closed: what no lane has begun is forgotten, streams end,
   * and what is on the device is waited for, however long that takes.
   */
  void abandon() {
    lock.lock();
    try {
      for (Exchange exchange : present.values().toArray(Exchange[]::new)) {
        exchange.cancel();
        resume(exchange);
      }
      long waited = 0;
      while (!present.isEmpty()) {
        if (!emptied.await(5, TimeUnit.SECONDS)) {
          waited += 5;
          LOG.warn("{} requests are still on the device after {} s", present.size(), waited);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while requests are on the device", e);
    } finally {
      lock.unlock();
    }
  }

  /** Stops the lanes; they are idle. */
  @Override
  public void close() {
    for (LaneThread lane : lanes) {
      lane.requestStop();
    }
    boolean interrupted = false;
    for (LaneThread lane : lanes) {
      try {
        lane.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
