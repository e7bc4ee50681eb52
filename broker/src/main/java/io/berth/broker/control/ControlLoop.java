// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Epoll;
import io.berth.jni.os.EventFd;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control thread: descriptors, timers and tasks, one after the other.
 *
 * <p>{@link #execute} may be called by any thread, everything else by the control thread only (or
 * before it runs). A handler that throws is logged and does not take the others down.
 */
public final class ControlLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlLoop.class);
  private static final int MAX_EVENTS = 64;

  /** Something that wants to hear of a descriptor. */
  public interface Handler {
    /**
     * The descriptor is ready.
     *
     * @param events epoll's bits
     */
    void ready(int events);
  }

  /** A task to come. */
  public static final class Timer implements Comparable<Timer> {
    private final long dueNanos;
    private final Runnable task;
    private boolean cancelled;

    private Timer(long dueNanos, Runnable task) {
      this.dueNanos = dueNanos;
      this.task = task;
    }

    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Timer other) {
      return Long.signum(dueNanos - other.dueNanos);
    }
  }

  private final Epoll epoll;
  private final int bell;
  private final Map<Long, Handler> handlers = new HashMap<>();
  private final Map<Integer, Long> registrations = new HashMap<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final ByteBuffer messageBuffer =
      ByteBuffer.allocateDirect(ControlCodec.MAX_MESSAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long nextRegistration = 1;
  private boolean stopping;

  public ControlLoop() throws OsException {
    this.epoll = new Epoll(MAX_EVENTS);
    this.bell = OsException.check("eventfd", EventFd.create());
    OsException.check("epoll_ctl", epoll.add(bell, Epoll.EPOLLIN, 0));
  }

  @Override
  public void run() {
    while (!stopping) {
      int count = epoll.awaitNanos(nanosToNextTimer());
      for (int i = 0; i < count; i++) {
        long registration = epoll.data(i);
        if (registration == 0) {
          EventFd.drain(bell);
          continue;
        }
        // A handler of this round may have unregistered it.
        Handler handler = handlers.get(registration);
        if (handler != null) {
          int events = epoll.events(i);
          guarded(() -> handler.ready(events));
        }
      }
      runTimers();
      Runnable task;
      while ((task = tasks.poll()) != null) {
        guarded(task);
      }
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("control thread: a task failed, the others go on", e);
    }
  }

  private long nanosToNextTimer() {
    Timer next = timers.peek();
    return next == null ? 5_000_000_000L : Math.max(0, next.dueNanos - System.nanoTime());
  }

  private void runTimers() {
    long nowNanos = System.nanoTime();
    while (!timers.isEmpty() && timers.peek().dueNanos - nowNanos <= 0) {
      Timer timer = timers.poll();
      if (!timer.cancelled) {
        guarded(timer.task);
      }
    }
  }

  /** One buffer for whichever message is being read or written: the thread does one at a time. */
  ByteBuffer messageBuffer() {
    return messageBuffer;
  }

  /** Watches a descriptor for input and hang-up. */
  public void register(int fd, Handler handler) throws OsException {
    long registration = nextRegistration++;
    OsException.check("epoll_ctl", epoll.add(fd, Epoll.EPOLLIN, registration));
    handlers.put(registration, handler);
    registrations.put(fd, registration);
  }

  /** To be called before the descriptor is closed. */
  public void unregister(int fd) {
    Long registration = registrations.remove(fd);
    if (registration != null) {
      epoll.remove(fd);
      handlers.remove(registration);
    }
  }

  /** Runs a task on the control thread, soon. Any thread may call this. */
  public void execute(Runnable task) {
    tasks.add(task);
    EventFd.signal(bell);
  }

  /** Runs a task after a time. */
  public Timer schedule(long delayNanos, Runnable task) {
    Timer timer = new Timer(System.nanoTime() + delayNanos, task);
    timers.add(timer);
    return timer;
  }

  /** Ends the thread after the current round. */
  public void stop() {
    execute(() -> stopping = true);
  }

  /** Closes what the thread used; after it has ended. */
  public void closeDescriptors() {
    epoll.close();
    Descriptors.close(bell);
  }
}
