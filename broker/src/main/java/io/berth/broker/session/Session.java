// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.arena.SegmentTable;
import io.berth.broker.device.Affinity;
import io.berth.broker.device.Device;
import io.berth.broker.policy.Principal;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.FrameView;
import io.berth.shm.ring.RecordDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Sleep;
import io.berth.shm.ring.Wake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The data thread's side of one client: its rings, what is in flight for it, and how much of its
 * response ring is promised.
 *
 * <p>Data thread only. The memory behind it is unmapped by the control thread after the data thread
 * has let go of the session.
 */
public final class Session {
  private final long id;
  private final Principal principal;
  private final SessionMemory memory;
  private final HandleTable handles;
  private final SegmentTable segments = new SegmentTable();
  private final RingReader requests;
  private final RingWriter responses;
  private final FrameView response = new FrameView();
  private final Wake wake;
  private final Sleep sleep;
  private final int replyBudget;

  /** Broker slot by client slot. */
  private final int[] slots;

  private SessionState state = SessionState.OPEN;
  private long reservedBytes;
  private int inFlight;
  private int abandoned;
  private boolean condemned;
  private Device lastDevice;
  private final List<Affinity> affinities = new ArrayList<>();

  // Owned by the data thread's lists: the hot set, those armed since a fence, those to be flushed.
  public int hotIndex = -1;
  public int idlePasses;
  public boolean armedNow;

  /** Whether its bell was heard and not emptied since. Data thread. */
  public boolean bellHeard;

  public boolean unflushed;

  public Session(
      long id,
      Principal principal,
      SessionMemory memory,
      int maxHandles,
      int maxInFlight,
      int maxInlineBytes) {
    this.id = id;
    this.principal = principal;
    this.memory = memory;
    this.handles = new HandleTable(maxHandles);
    this.requests =
        new RingReader(
            memory.client(), memory.broker(), FrameDescriptor.maxRecordBytes(maxInlineBytes));
    this.responses = new RingWriter(memory.broker(), memory.client());
    this.wake = new Wake(memory.client(), memory.doorbell());
    this.sleep = new Sleep(memory.broker());
    this.replyBudget =
        FrameDescriptor.replyBudget(memory.broker().ring().capacity(), maxInlineBytes);
    this.slots = new int[maxInFlight];
    Arrays.fill(slots, NIL);
  }

  public long id() {
    return id;
  }

  /** Who is served; never changes, so that any thread may ask. */
  public Principal principal() {
    return principal;
  }

  public SessionMemory memory() {
    return memory;
  }

  public HandleTable handles() {
    return handles;
  }

  public SegmentTable segments() {
    return segments;
  }

  /** What ties the session to one worker of a group; null: nothing ever did. */
  public Affinity affinity(Device group) {
    for (int i = 0; i < affinities.size(); i++) {
      if (affinities.get(i).device() == group) {
        return affinities.get(i);
      }
    }
    return null;
  }

  /** The same, made if there is none yet. */
  public Affinity tiedTo(Device group) {
    Affinity found = affinity(group);
    if (found == null) {
      found = new Affinity(group);
      affinities.add(found);
    }
    return found;
  }

  /** It is over: whatever is held for it goes. */
  public void untie() {
    affinities.forEach(Affinity::end);
  }

  public RingReader requests() {
    return requests;
  }

  public Wake wake() {
    return wake;
  }

  public Sleep sleep() {
    return sleep;
  }

  public SessionState state() {
    return state;
  }

  public void move(SessionState to) {
    if (!state.mayBecome(to)) {
      throw new IllegalStateException("session " + id + ": " + state + " → " + to);
    }
    state = to;
  }

  /**
   * Stops reading what the client sends: it broke the protocol.
   *
   * @return false if that was known before
   */
  public boolean condemn() {
    boolean first = !condemned;
    condemned = true;
    return first;
  }

  /** Whether the client's ring is to be read. */
  public boolean isServed() {
    return !condemned && state.compareTo(SessionState.CLOSING) < 0;
  }

  /** The broker's slot for a client's correlation, or NIL. */
  public int slotOf(long correlation) {
    int clientSlot = FrameDescriptor.slotOf(correlation);
    return clientSlot < slots.length ? slots[clientSlot] : NIL;
  }

  public boolean isFree(long correlation) {
    int clientSlot = FrameDescriptor.slotOf(correlation);
    return clientSlot < slots.length && slots[clientSlot] == NIL;
  }

  public int maxInFlight() {
    return slots.length;
  }

  /** The device that it asked last, or null. */
  public Device lastDevice() {
    return lastDevice;
  }

  public int inFlight() {
    return inFlight;
  }

  /** Whether {@code bytes} more of answers fit, whatever else was promised. */
  public boolean hasReplySpace(int bytes) {
    if (responses.knownUnconsumedBytes() + reservedBytes + bytes <= replyBudget) {
      return true;
    }
    if (reservedBytes + bytes > replyBudget) {
      return false;
    }
    long unconsumed = responses.unconsumedBytes();
    return unconsumed >= 0 && unconsumed + reservedBytes + bytes <= replyBudget;
  }

  public void admitted(long correlation, int slot, int replyReservation, Device device) {
    lastDevice = device;
    slots[FrameDescriptor.slotOf(correlation)] = slot;
    reservedBytes += replyReservation;
    inFlight++;
  }

  public void reserve(int bytes) {
    reservedBytes += bytes;
  }

  public void unreserve(int bytes) {
    reservedBytes -= bytes;
  }

  /** The request's END has been written: its client slot and its reservation are free. */
  public void ended(long correlation, int replyReservation) {
    slots[FrameDescriptor.slotOf(correlation)] = NIL;
    reservedBytes -= replyReservation;
    inFlight--;
  }

  /** A request of this session has had its END while a worker still has it. */
  public void abandoned() {
    abandoned++;
  }

  /** The worker has let go of an abandoned request. */
  public void released() {
    abandoned--;
  }

  /** Whether no worker has a request of this session any more. */
  public boolean isQuiet() {
    return inFlight == 0 && abandoned == 0;
  }

  /**
   * Claims a RESPONSE record and writes its header; the caller writes blocks and payload.
   *
   * @return its index in the response ring, or negative if the client broke its promise of space
   */
  public int claimResponse(
      long correlation,
      int handleWord,
      int operation,
      int flags,
      int status,
      int part,
      int payloadBytes) {
    int length = payloadOffset(flags) + payloadBytes;
    int index = responses.claim(length, TYPE_RESPONSE);
    if (index < 0) {
      return index;
    }
    response.at(responses.buffer(), index, length);
    response.putResponse(correlation, handleWord, operation, flags, status, part, payloadBytes, 0);
    return index;
  }

  /** The record that was claimed last. */
  public FrameView response() {
    return response;
  }

  /**
   * Writes an END that the broker makes itself.
   *
   * @param text short, explains the numbers
   * @return false if the client's response ring has no room, which only a client that broke the
   *     protocol can bring about
   */
  public boolean refuse(
      long correlation, int handleWord, int operation, int statusWord, AnswerText text) {
    int index = claimResponse(correlation, handleWord, operation, 0, statusWord, 0, text.length());
    if (index < 0) {
      return false;
    }
    text.copyTo(responses.buffer(), index + HEADER_BYTES);
    return true;
  }

  /** Whether there was anything to publish; then {@link #wake} is to be asked after a fence. */
  public boolean publish() {
    return responses.publish();
  }

  /** Bytes that one record without text takes: what an unadmitted request's END needs. */
  public static int minimalRecordBytes() {
    return RecordDescriptor.align(HEADER_BYTES + MIN_REPLY_BYTES);
  }

  @Override
  public String toString() {
    return "session " + id + " of " + principal;
  }
}
