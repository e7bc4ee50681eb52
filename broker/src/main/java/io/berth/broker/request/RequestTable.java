// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.request;

import io.berth.broker.device.Device;
import io.berth.broker.device.Flow;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.shm.ring.RecordDescriptor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All requests of the broker, in slots that exist from the start: admitting, queueing, retrying and
 * ending a request allocates nothing.
 *
 * <p>A slot keeps a private copy of the client's record, checked once and kept for a retry until
 * the END. Slots are linked by index into free, queue and other lists ({@link #next}).
 *
 * <p>Data thread only.
 */
public final class RequestTable {
  public static final int NIL = -1;

  private final int capacity;
  private final int recordBytes;
  private final UnsafeBuffer records;

  private final RequestState[] state;
  private final int[] generation;
  private final int[] next;
  private final Session[] session;
  private final Handle[] handle;
  private final long[] correlation;
  private final long[] deadlineNanos;
  private final long[] queuedNanos;
  private final long[] dispatchedNanos;
  private final int[] reservedBytes;
  private final int[] credit;
  private final int[] parts;
  private final int[] attempts;
  private final boolean[] suspect;
  private int firstFree;
  private int used;
  private int highWater;

  /**
   * @param capacity requests at once, at most 65536
   * @param maxRecordBytes longest record of a client
   */
  public RequestTable(int capacity, int maxRecordBytes) {
    this.capacity = capacity;
    this.recordBytes = RecordDescriptor.align(maxRecordBytes);
    this.records = new UnsafeBuffer(ByteBuffer.allocateDirect(capacity * recordBytes));
    this.state = new RequestState[capacity];
    Arrays.fill(state, RequestState.FREE);
    this.generation = new int[capacity];
    this.next = new int[capacity];
    for (int slot = 0; slot < capacity; slot++) {
      next[slot] = slot + 1 < capacity ? slot + 1 : NIL;
    }
    this.session = new Session[capacity];
    this.handle = new Handle[capacity];
    this.correlation = new long[capacity];
    this.deadlineNanos = new long[capacity];
    Arrays.fill(deadlineNanos, Long.MAX_VALUE);
    this.queuedNanos = new long[capacity];
    this.dispatchedNanos = new long[capacity];
    this.reservedBytes = new int[capacity];
    this.credit = new int[capacity];
    this.parts = new int[capacity];
    this.attempts = new int[capacity];
    this.suspect = new boolean[capacity];
  }

  /** A free slot, or {@link #NIL}. It stays FREE until {@link #admit}. */
  public int peekFree() {
    return firstFree;
  }

  /** Takes the slot that {@link #peekFree} told. */
  public void admit(
      int slot,
      Session ofSession,
      Handle ofHandle,
      long clientCorrelation,
      long deadline,
      int replyReservation,
      int initialCredit,
      long nowNanos) {
    firstFree = next[slot];
    next[slot] = NIL;
    used++;
    if (slot >= highWater) {
      highWater = slot + 1;
    }
    move(slot, RequestState.QUEUED);
    session[slot] = ofSession;
    handle[slot] = ofHandle;
    correlation[slot] = clientCorrelation;
    deadlineNanos[slot] = deadline;
    reservedBytes[slot] = replyReservation;
    credit[slot] = initialCredit;
    queuedNanos[slot] = nowNanos;
    dispatchedNanos[slot] = 0;
    parts[slot] = 0;
    attempts[slot] = 0;
    suspect[slot] = false;
  }

  /** The only place where a request changes its state. */
  public void move(int slot, RequestState to) {
    RequestState from = state[slot];
    if (!from.mayBecome(to)) {
      throw new IllegalStateException("request slot " + slot + ": " + from + " → " + to);
    }
    state[slot] = to;
    if (to == RequestState.FREE) {
      generation[slot]++;
      session[slot] = null;
      handle[slot] = null;
      deadlineNanos[slot] = Long.MAX_VALUE;
      next[slot] = firstFree;
      firstFree = slot;
      used--;
    } else if (to == RequestState.ABANDONED) {
      deadlineNanos[slot] = Long.MAX_VALUE;
    }
  }

  public RequestState state(int slot) {
    return state[slot];
  }

  /** The correlation towards a worker: which slot, and which use of it. */
  public long workerCorrelation(int slot) {
    return (long) generation[slot] << 32 | slot;
  }

  /**
   * The slot that a worker's answer belongs to, or {@link #NIL} if that request has ended or never
   * was.
   */
  public int slotOf(long untrustedCorrelation) {
    int slot = (int) untrustedCorrelation;
    if (slot < 0 || slot >= capacity || generation[slot] != (int) (untrustedCorrelation >>> 32)) {
      return NIL;
    }
    RequestState current = state[slot];
    return current == RequestState.IN_FLIGHT || current == RequestState.ABANDONED ? slot : NIL;
  }

  public UnsafeBuffer records() {
    return records;
  }

  public int recordIndex(int slot) {
    return slot * recordBytes;
  }

  public int next(int slot) {
    return next[slot];
  }

  public void next(int slot, int following) {
    next[slot] = following;
  }

  public Session session(int slot) {
    return session[slot];
  }

  public Handle handle(int slot) {
    return handle[slot];
  }

  public Device device(int slot) {
    return handle[slot].device();
  }

  public Flow flow(int slot) {
    return handle[slot].flow();
  }

  public long correlation(int slot) {
    return correlation[slot];
  }

  /** {@link Long#MAX_VALUE} when nobody waits any more. */
  public long deadlineNanos(int slot) {
    return deadlineNanos[slot];
  }

  public long queuedNanos(int slot) {
    return queuedNanos[slot];
  }

  public void queuedNanos(int slot, long nanos) {
    queuedNanos[slot] = nanos;
  }

  public long dispatchedNanos(int slot) {
    return dispatchedNanos[slot];
  }

  /** A worker has it now. */
  public void dispatched(int slot, long nanos) {
    dispatchedNanos[slot] = nanos;
    attempts[slot]++;
  }

  /** How many workers have been given it. */
  public int attempts(int slot) {
    return attempts[slot];
  }

  public int reservedBytes(int slot) {
    return reservedBytes[slot];
  }

  public int credit(int slot) {
    return credit[slot];
  }

  public void credit(int slot, int parts) {
    credit[slot] = parts;
  }

  public void reservedBytes(int slot, int bytes) {
    reservedBytes[slot] = bytes;
  }

  /** Parts that the client has had; a request with any is never given to a second worker. */
  public int parts(int slot) {
    return parts[slot];
  }

  public void partDelivered(int slot) {
    parts[slot]++;
  }

  /** Whether it was dispatched alone because its like has killed a worker. */
  public boolean isSuspect(int slot) {
    return suspect[slot];
  }

  public void suspect(int slot, boolean is) {
    suspect[slot] = is;
  }

  public int used() {
    return used;
  }

  public int capacity() {
    return capacity;
  }

  public int free() {
    return capacity - used;
  }

  /** Slots at and above this one were never used: scans stop here. */
  public int highWater() {
    return highWater;
  }
}
