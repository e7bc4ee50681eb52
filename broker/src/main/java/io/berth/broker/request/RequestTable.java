// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.request;

import io.berth.broker.device.DeadlineOrder;
import io.berth.broker.device.Device;
import io.berth.broker.device.Flow;
import io.berth.broker.device.Seat;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.FrameView;
import java.lang.ref.Cleaner;
import org.agrona.BitUtil;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All requests of the broker, in slots that exist from the start: admitting, queueing, retrying and
 * ending a request allocates nothing.
 *
 * <p>A slot keeps a private copy of the client's record, checked once and kept for a retry until
 * the END. Slots are linked by index into free, queue and other lists ({@link #next}).
 *
 * <p>What is touched for each request lies together: thousands of requests in flight are more than
 * a processor's first caches and its address translation hold. So the fields of a slot are one
 * object, and a record that is short, as nearly all are, is kept in a place that is.
 *
 * <p>Data thread only.
 */
public final class RequestTable {
  public static final int NIL = -1;

  /** Room for a header, 128 bytes of payload and a trace. */
  private static final int SHORT_RECORD_BYTES = 256;

  private static final Cleaner CLEANER = Cleaner.create();

  private static final class Slot {
    RequestState state = RequestState.FREE;
    final FrameView frame = new FrameView();
    int generation;
    int next;
    int previous;
    int firstChild;
    int recordIndex;
    Session session;
    Handle handle;
    Seat seat;
    long correlation;
    long deadlineNanos = Long.MAX_VALUE;
    long queuedNanos;
    long dispatchedNanos;
    long dispatch;
    boolean cancelled;
    int reservedBytes;
    int credit;
    int parts;
    int attempts;
    int moves;
    String begunBy;
    boolean suspect;
    boolean beyondWindow;
    DeadlineOrder queuedIn;
    long rank;
  }

  private final int longRecordBytes;
  private final UnsafeBuffer records;
  private final int longRecordsIndex;
  private final Slot[] slots;
  private int firstFree;
  private int used;
  private int highWater;
  private long dispatches;

  /**
   * @param capacity requests at once, at most 65536
   * @param maxRecordBytes longest record of a client
   */
  public RequestTable(int capacity, int maxRecordBytes) {
    this.longRecordBytes =
        BitUtil.align(Math.max(maxRecordBytes, SHORT_RECORD_BYTES), BitUtil.CACHE_LINE_LENGTH);
    this.longRecordsIndex = capacity * SHORT_RECORD_BYTES;
    this.records = untouched(longRecordsIndex + capacity * longRecordBytes);
    this.slots = new Slot[capacity];
    for (int slot = 0; slot < capacity; slot++) {
      slots[slot] = new Slot();
      slots[slot].next = slot + 1 < capacity ? slot + 1 : NIL;
    }
  }

  /**
   * Memory that takes no room before it is written to, unlike a direct buffer, which is filled with
   * zeros. A record is always written before it is read.
   */
  private static UnsafeBuffer untouched(int bytes) {
    long address = UnsafeApi.allocateMemory((long) bytes + BitUtil.CACHE_LINE_LENGTH);
    long aligned = BitUtil.align(address, (long) BitUtil.CACHE_LINE_LENGTH);
    UnsafeBuffer memory = new UnsafeBuffer(aligned, bytes);
    CLEANER.register(memory, () -> UnsafeApi.freeMemory(address));
    return memory;
  }

  /** A free slot, or {@link #NIL}. It stays FREE until {@link #admit}. */
  public int peekFree() {
    return firstFree;
  }

  /**
   * Chooses where the record of a free slot is kept.
   *
   * @param recordBytes at least a header's
   * @return the place, for the record to be copied to
   */
  public FrameView place(int slot, int recordBytes) {
    int index =
        recordBytes <= SHORT_RECORD_BYTES
            ? slot * SHORT_RECORD_BYTES
            : longRecordsIndex + slot * longRecordBytes;
    Slot it = slots[slot];
    it.recordIndex = index;
    return it.frame.at(records, index, recordBytes);
  }

  /** Takes the slot that {@link #peekFree} told and whose record has been put in its place. */
  public void admit(
      int slot,
      Session ofSession,
      Handle ofHandle,
      long clientCorrelation,
      long deadline,
      int replyReservation,
      int initialCredit,
      long nowNanos) {
    Slot it = slots[slot];
    firstFree = it.next;
    it.next = NIL;
    used++;
    if (slot >= highWater) {
      highWater = slot + 1;
    }
    move(slot, RequestState.QUEUED);
    it.session = ofSession;
    it.handle = ofHandle;
    it.correlation = clientCorrelation;
    it.deadlineNanos = deadline;
    it.reservedBytes = replyReservation;
    it.credit = initialCredit;
    it.queuedNanos = nowNanos;
    it.dispatchedNanos = 0;
    it.cancelled = false;
    it.parts = 0;
    it.attempts = 0;
    it.moves = 0;
    it.begunBy = null;
    it.suspect = false;
  }

  /** The only place where a request changes its state. */
  public void move(int slot, RequestState to) {
    Slot it = slots[slot];
    RequestState from = it.state;
    if (!from.mayBecome(to)) {
      throw new IllegalStateException("request slot " + slot + ": " + from + " → " + to);
    }
    it.state = to;
    if (to == RequestState.FREE) {
      it.generation++;
      it.session = null;
      it.handle = null;
      it.seat = null;
      it.deadlineNanos = Long.MAX_VALUE;
      it.next = firstFree;
      firstFree = slot;
      used--;
    } else if (to == RequestState.ABANDONED) {
      it.deadlineNanos = Long.MAX_VALUE;
    }
  }

  public RequestState state(int slot) {
    return slots[slot].state;
  }

  /** The correlation towards a worker: which slot, and which use of it. */
  public long workerCorrelation(int slot) {
    return (long) slots[slot].generation << 32 | slot;
  }

  /**
   * The slot that a worker's answer belongs to, or {@link #NIL} if that request has ended or never
   * was.
   */
  public int slotOf(long untrustedCorrelation) {
    int slot = (int) untrustedCorrelation;
    if (slot < 0
        || slot >= slots.length
        || slots[slot].generation != (int) (untrustedCorrelation >>> 32)) {
      return NIL;
    }
    RequestState current = slots[slot].state;
    return current == RequestState.IN_FLIGHT || current == RequestState.ABANDONED ? slot : NIL;
  }

  public UnsafeBuffer records() {
    return records;
  }

  public int recordIndex(int slot) {
    return slots[slot].recordIndex;
  }

  /** The record that was put in its {@link #place}. */
  public FrameView frame(int slot) {
    return slots[slot].frame;
  }

  public int next(int slot) {
    return slots[slot].next;
  }

  public void next(int slot, int following) {
    slots[slot].next = following;
  }

  // Further links and marks of the queue that a request waits in; of no meaning otherwise.

  public int previous(int slot) {
    return slots[slot].previous;
  }

  public void previous(int slot, int before) {
    slots[slot].previous = before;
  }

  public int firstChild(int slot) {
    return slots[slot].firstChild;
  }

  public void firstChild(int slot, int child) {
    slots[slot].firstChild = child;
  }

  /** The queue that the request waits in, or null. */
  public DeadlineOrder queuedIn(int slot) {
    return slots[slot].queuedIn;
  }

  /** Its place among those with the same deadline; the lowest goes first. */
  public long rank(int slot) {
    return slots[slot].rank;
  }

  /** Enters the request in a queue, or with null takes it out. */
  public void queue(int slot, DeadlineOrder in, long rank) {
    slots[slot].queuedIn = in;
    slots[slot].rank = rank;
  }

  public Session session(int slot) {
    return slots[slot].session;
  }

  public Handle handle(int slot) {
    return slots[slot].handle;
  }

  public Device device(int slot) {
    return slots[slot].handle.device();
  }

  /** The worker that has it, or had it last; null before the first. */
  public Seat seat(int slot) {
    return slots[slot].seat;
  }

  public Flow flow(int slot) {
    return slots[slot].handle.flow();
  }

  public long correlation(int slot) {
    return slots[slot].correlation;
  }

  /** {@link Long#MAX_VALUE} when nobody waits any more. */
  public long deadlineNanos(int slot) {
    return slots[slot].deadlineNanos;
  }

  public long queuedNanos(int slot) {
    return slots[slot].queuedNanos;
  }

  public void queuedNanos(int slot, long nanos) {
    slots[slot].queuedNanos = nanos;
  }

  public long dispatchedNanos(int slot) {
    return slots[slot].dispatchedNanos;
  }

  /** A worker has it now. */
  public void dispatched(int slot, Seat to, long nanos) {
    Slot it = slots[slot];
    it.seat = to;
    it.dispatchedNanos = nanos;
    it.dispatch = ++dispatches;
    it.attempts++;
  }

  /**
   * What may have executed the request before it went to its present worker, each once and divided
   * by semicolons; null: nothing has.
   */
  public String begunBy(int slot) {
    return slots[slot].begunBy;
  }

  /** Its present worker may have executed it, and it goes to another one. */
  public void alsoBegunBy(int slot, String module) {
    Slot it = slots[slot];
    if (it.begunBy == null) {
      it.begunBy = module;
    } else if (!("; " + it.begunBy + "; ").contains("; " + module + "; ")) {
      it.begunBy += "; " + module;
    }
  }

  /** That of the request that was given to a worker last. */
  public long lastDispatch() {
    return dispatches;
  }

  /** A number that is the higher the later the request was given to its worker. */
  public long dispatch(int slot) {
    return slots[slot].dispatch;
  }

  /** Whether its worker is to end it early. */
  public boolean isCancelled(int slot) {
    return slots[slot].cancelled;
  }

  /**
   * Its worker is to end it early.
   *
   * @return false if that was known before
   */
  public boolean cancel(int slot) {
    boolean first = !slots[slot].cancelled;
    slots[slot].cancelled = true;
    return first;
  }

  /**
   * Whether the worker has nothing to do for it: a stream whose reader takes its time. It may still
   * be busy up to the first part.
   */
  public boolean isPaused(int slot) {
    Slot it = slots[slot];
    return it.state == RequestState.IN_FLIGHT && it.credit == 0 && !it.cancelled && isStream(slot);
  }

  public boolean isStream(int slot) {
    return (slots[slot].frame.flags() & FrameDescriptor.FLAG_STREAM) != 0;
  }

  /** How often it was taken to another worker because a card had answered that it has failed. */
  public int moves(int slot) {
    return slots[slot].moves;
  }

  public void moved(int slot) {
    slots[slot].moves++;
  }

  /** How many workers have been given it. */
  public int attempts(int slot) {
    return slots[slot].attempts;
  }

  public int reservedBytes(int slot) {
    return slots[slot].reservedBytes;
  }

  public int credit(int slot) {
    return slots[slot].credit;
  }

  public void credit(int slot, int parts) {
    slots[slot].credit = parts;
  }

  public void reservedBytes(int slot, int bytes) {
    slots[slot].reservedBytes = bytes;
  }

  /** Parts that the client has had; a request with any is never given to a second worker. */
  public int parts(int slot) {
    return slots[slot].parts;
  }

  public void partDelivered(int slot) {
    slots[slot].parts++;
  }

  /** Whether it was dispatched alone because its like has killed a worker. */
  public boolean isSuspect(int slot) {
    return slots[slot].suspect;
  }

  public void suspect(int slot, boolean is) {
    slots[slot].suspect = is;
  }

  /** Whether it went out beyond its worker's window. */
  public boolean isBeyondWindow(int slot) {
    return slots[slot].beyondWindow;
  }

  public void beyondWindow(int slot, boolean is) {
    slots[slot].beyondWindow = is;
  }

  public int used() {
    return used;
  }

  public int capacity() {
    return slots.length;
  }

  public int free() {
    return slots.length - used;
  }

  /** Slots at and above this one were never used: scans stop here. */
  public int highWater() {
    return highWater;
  }
}
