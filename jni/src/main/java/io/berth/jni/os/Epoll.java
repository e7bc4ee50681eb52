// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Waits for many descriptors at once.
 *
 * <p>Descriptors may be added and removed by any thread; {@link #await} and the events that it
 * found belong to one thread. Waiting allocates nothing and holds nothing that a garbage collection
 * could wait for.
 */
public final class Epoll implements AutoCloseable {
  public static final int EPOLLIN = 1;
  public static final int EPOLLOUT = 4;
  public static final int EPOLLERR = 8;
  public static final int EPOLLHUP = 16;
  public static final int EPOLLRDHUP = 0x2000;
  public static final int EPOLLEXCLUSIVE = 1 << 28;
  public static final int EPOLLONESHOT = 1 << 30;
  public static final int EPOLLET = 1 << 31;

  static {
    OsLibrary.load();
  }

  private static final int EVENT_BYTES = eventBytes();
  private static final int DATA_OFFSET = dataOffset();

  private final int fd;
  private final int maxEvents;
  private final ByteBuffer events;
  private final long eventsAddress;
  private boolean closed;

  /**
   * @param maxEvents the most events that one wait brings
   */
  public Epoll(int maxEvents) throws OsException {
    if (maxEvents <= 0 || maxEvents > Integer.MAX_VALUE / EVENT_BYTES) {
      throw new IllegalArgumentException("epoll for " + maxEvents + " events");
    }
    this.maxEvents = maxEvents;
    this.events = ByteBuffer.allocateDirect(maxEvents * EVENT_BYTES).order(ByteOrder.nativeOrder());
    this.eventsAddress = Memory.addressOf(events);
    this.fd = OsException.check("epoll_create", create());
  }

  /** The epoll's own descriptor, itself pollable. */
  public int descriptor() {
    return fd;
  }

  /**
   * Watches a descriptor.
   *
   * @param data given back by {@link #data} with every event
   * @return 0 or the negated errno
   */
  public int add(int watched, int eventMask, long data) {
    return add0(fd, watched, eventMask, data);
  }

  /** To be called before the descriptor is closed, as a duplicate elsewhere keeps it watched. */
  public int remove(int watched) {
    return remove0(fd, watched);
  }

  /**
   * Waits for events.
   *
   * @param timeoutMillis 0: only look; negative: without limit
   * @return how many; 0 after the time-out or an interruption; or the negated errno
   */
  public int await(int timeoutMillis) {
    return wait0(fd, eventsAddress, maxEvents, timeoutMillis);
  }

  /**
   * As {@link #await}, with a finer limit. Kernels before 5.11 cannot do that; there it is rounded
   * up to milliseconds.
   */
  public int awaitNanos(long timeoutNanos) {
    return waitNanos0(fd, eventsAddress, maxEvents, timeoutNanos);
  }

  /** What happened to the descriptor of event {@code index} of the last wait. */
  public int events(int index) {
    return events.getInt(index * EVENT_BYTES);
  }

  /** The data given for the descriptor of event {@code index} of the last wait. */
  public long data(int index) {
    return events.getLong(index * EVENT_BYTES + DATA_OFFSET);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Descriptors.close(fd);
    }
  }

  private static native int create();

  private static native int eventBytes();

  private static native int dataOffset();

  private static native int add0(int epoll, int fd, int events, long data);

  private static native int remove0(int epoll, int fd);

  private static native int wait0(int epoll, long events, int maxEvents, int timeoutMillis);

  private static native int waitNanos0(int epoll, long events, int maxEvents, long timeoutNanos);

  /** For tests of what happens on an older kernel. */
  static native void setNanosecondWaitMissing(boolean missing);
}
