// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.wire.FrameLayout;
import io.berth.client.wire.ProtocolViolation;
import io.berth.client.wire.RequestRing;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sending side of one connection: any thread, one at a time under a short lock that covers a slot,
 * a copy into the ring and at most one doorbell.
 */
final class Submission {
  /** What became of an attempt to send. */
  enum Outcome {
    SENT,
    /** Ring, slots or reply space are full now. */
    NO_ROOM,
    /** This connection takes nothing any more. */
    CLOSED
  }

  private final Connection connection;
  private final RequestRing ring;
  private final InFlight inFlight;
  private final Welcome welcome;
  private final int maxRecordBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean open = true;

  Submission(Connection connection, Link link, InFlight inFlight) {
    this.connection = connection;
    this.ring = link.requests;
    this.inFlight = inFlight;
    this.welcome = link.welcome;
    // A record never wraps: beyond half of the ring it might never find room.
    this.maxRecordBytes = link.welcome.requestRingBytes / 2;
  }

  boolean isOpen() {
    return open;
  }

  /** Sends one request and rings the doorbell if needed. */
  Outcome send(Call call, Grant grant) {
    lock.lock();
    try {
      Outcome outcome = stage(call, grant);
      publish();
      return outcome;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends as many as have room, in order, with one publication and one doorbell.
   *
   * @return how many were sent; -1 if this connection takes nothing any more
   */
  int sendAll(List<Call> calls, int from, Grant grant) {
    lock.lock();
    try {
      int sent = 0;
      Outcome outcome = Outcome.SENT;
      for (int i = from; i < calls.size() && outcome == Outcome.SENT; i++) {
        outcome = stageOrFail(calls.get(i), grant);
        if (outcome == Outcome.SENT) {
          sent++;
        }
      }
      publish();
      return sent == 0 && outcome == Outcome.CLOSED ? -1 : sent;
    } finally {
      lock.unlock();
    }
  }

  // One that can never be sent must not keep the ones after it from being sent.
  private Outcome stageOrFail(Call call, Grant grant) {
    try {
      return stage(call, grant);
    } catch (BerthException e) {
      if (call.fail(e.status(), e.reason(), e.text())) {
        call.complete();
      }
      call.connection = connection;
      return Outcome.SENT;
    }
  }

  private Outcome stage(Call call, Grant grant) {
    if (!open) {
      return Outcome.CLOSED;
    }
    Request request = call.request;
    int replyLimit = request.replyLimitOr(welcome.maxInlineBytes);
    int flags = flags(call, request);
    int payloadBytes = request.payloadBytes();
    int length = FrameLayout.HEADER_BYTES + FrameLayout.blockBytes(flags) + payloadBytes;
    int replySpace = FrameLayout.replySpace(flags, replyLimit);
    long wanted = replySpace * (1L + call.initialCredit());
    check(call, payloadBytes, length, replyLimit, wanted);
    Slot slot = inFlight.take((int) wanted);
    if (slot == null) {
      return Outcome.NO_ROOM;
    }
    int at = -1;
    try {
      if (!pin(slot, request, grant)) {
        return Outcome.CLOSED; // A later connection has the block by now.
      }
      at = ring.claim(length, FrameLayout.REQUEST);
    } catch (ProtocolViolation e) {
      return violated(e);
    } finally {
      if (at < 0) {
        connection.unpin(slot);
        inFlight.undoTake(slot);
      }
    }
    if (at < 0) {
      return Outcome.NO_ROOM;
    }
    slot.recordPosition = ring.stagedPosition() - FrameLayout.align8(length);
    slot.call = call;
    slot.replySpaceBytes = replySpace;
    slot.replyLimit = replyLimit;
    slot.credit.set(call.initialCredit());
    slot.streamed = call.isStream();
    long correlation = inFlight.nextCorrelation(slot);
    call.connection = connection;
    call.correlation = correlation;
    call.submittedNanos = System.nanoTime();
    write(at, slot, call, grant, flags, payloadBytes, replyLimit, correlation);
    slot.correlation = correlation;
    return Outcome.SENT;
  }

  private Outcome violated(ProtocolViolation violation) {
    open = false;
    connection.violated(violation);
    return Outcome.CLOSED;
  }

  // The slot names a block only once it is pinned, so that unpin() always matches.
  private static boolean pin(Slot slot, Request request, Grant grant) {
    if (request.input() != null) {
      slot.input = request.input().pin(grant, Direction.INPUT);
    }
    boolean complete = request.input() == null || slot.input != null;
    if (complete && request.output() != null) {
      slot.output = request.output().pin(grant, Direction.OUTPUT);
      complete = slot.output != null;
    }
    return complete;
  }

  private static int flags(Call call, Request request) {
    return (request.mayBeRepeated() ? FrameLayout.IDEMPOTENT : 0)
        | (call.isStream() ? FrameLayout.STREAM : 0)
        | (request.isTraced() ? FrameLayout.TRACE_FLAG : 0)
        | (request.input() != null ? FrameLayout.INPUT_FLAG : 0)
        | (request.output() != null ? FrameLayout.OUTPUT_FLAG : 0)
        | (call.resubmitted ? FrameLayout.RESUBMITTED : 0);
  }

  private void check(Call call, int payloadBytes, int length, int replyLimit, long wanted) {
    if (payloadBytes > welcome.maxInlineBytes || length > maxRecordBytes) {
      throw BerthException.of(
          StatusCode.INVALID_ARGUMENT,
          Reason.PAYLOAD_TOO_LARGE,
          "payload of "
              + payloadBytes
              + " bytes, at most "
              + welcome.maxInlineBytes
              + " travel inline; put larger data into a block (Resource.allocate)",
          call.where());
    }
    if (replyLimit > welcome.maxInlineBytes) {
      throw BerthException.of(
          StatusCode.INVALID_ARGUMENT,
          Reason.REPLY_TOO_LARGE,
          "reply limit of "
              + replyLimit
              + " bytes, at most "
              + welcome.maxInlineBytes
              + " travel inline; use an output block or a stream",
          call.where());
    }
    if (wanted > inFlight.replyBudgetBytes()) {
      throw BerthException.of(
          StatusCode.RESOURCE_EXHAUSTED,
          Reason.REPLY_SPACE,
          "needs "
              + wanted
              + " bytes of reply space, the session has "
              + inFlight.replyBudgetBytes()
              + "; lower the credit or the reply limit",
          call.where());
    }
  }

  private void write(
      int at,
      Slot slot,
      Call call,
      Grant grant,
      int flags,
      int payloadBytes,
      int replyLimit,
      long correlation) {
    Request request = call.request;
    ByteBuffer memory = ring.memory();
    memory.putLong(at + FrameLayout.CORRELATION, correlation);
    memory.putLong(at + FrameLayout.DEADLINE, onBrokersClock(call.deadlineNanos));
    memory.putInt(at + FrameLayout.HANDLE, grant.handle);
    memory.putInt(at + FrameLayout.OPERATION, request.operation());
    memory.putInt(at + FrameLayout.FLAGS, flags);
    memory.putInt(at + FrameLayout.PRIORITY, request.priorityNumber());
    memory.putInt(at + FrameLayout.STATUS, 0);
    memory.putInt(at + FrameLayout.PAYLOAD_BYTES, payloadBytes);
    memory.putInt(at + FrameLayout.REPLY_LIMIT, replyLimit);
    memory.putInt(at + FrameLayout.CREDIT, call.initialCredit());
    memory.putInt(at + FrameLayout.PART, 0);
    memory.putInt(at + FrameLayout.EPOCH, 0);
    int next = at + FrameLayout.HEADER_BYTES;
    if ((flags & FrameLayout.TRACE_FLAG) != 0) {
      memory.putLong(next, onBrokersClock(call.submittedNanos));
      for (int stage = 1; stage < 6; stage++) {
        memory.putLong(next + stage * Long.BYTES, 0);
      }
      next += FrameLayout.TRACE_BYTES;
    }
    if (slot.input != null) {
      slot.input.writeReference(memory, next);
      next += FrameLayout.REFERENCE_BYTES;
    }
    if (slot.output != null) {
      slot.output.writeReference(memory, next);
      next += FrameLayout.REFERENCE_BYTES;
    }
    ByteBuffer buffer = request.buffer();
    if (buffer == null) {
      ring.put(next, request.array(), request.arrayOffset(), payloadBytes);
    } else {
      ring.put(next, buffer);
    }
  }

  // The broker takes 0 for "no deadline".
  private long onBrokersClock(long ownNanos) {
    long nanos = ownNanos + welcome.clockOffsetNanos;
    return nanos == 0 ? 1 : nanos;
  }

  private void publish() {
    if (!ring.publish()) {
      connection.lost("the broker's doorbell has no reader any more");
    }
  }

  /**
   * Asks the broker to end a request early. Without room nothing is sent: the request's deadline
   * ends it anyway.
   */
  void cancel(Call call) {
    signal(call, FrameLayout.CANCEL, 0);
  }

  /**
   * Reserves reply space for more parts of a stream and tells the broker.
   *
   * @return false if there is no room now
   */
  boolean grant(Call call, int parts) {
    return signal(call, FrameLayout.CREDIT_TYPE, parts);
  }

  private boolean signal(Call call, int type, int credit) {
    lock.lock();
    try {
      if (!open || call.connection != connection || call.correlation == 0) {
        return false;
      }
      Slot slot = inFlight.all()[(int) (call.correlation & 0xFFFF)];
      if (slot.correlation != call.correlation) {
        return true;
      }
      int wanted = credit * slot.replySpaceBytes;
      if (!inFlight.reserve(wanted)) {
        return false;
      }
      int at = ring.claim(FrameLayout.HEADER_BYTES, type);
      if (at < 0) {
        inFlight.reserve(-wanted);
        return false;
      }
      if (credit != 0 && !slot.addCredit(credit)) {
        // It ended just now, and its END returned what was reserved before this. The broker ignores
        // the frame.
        inFlight.reserve(-wanted);
      }
      ByteBuffer memory = ring.memory();
      for (int word = FrameLayout.DEADLINE;
          word < FrameLayout.HEADER_BYTES;
          word += Integer.BYTES) {
        memory.putInt(at + word, 0);
      }
      memory.putLong(at + FrameLayout.CORRELATION, call.correlation);
      memory.putInt(at + FrameLayout.CREDIT, credit);
      publish();
      return true;
    } catch (ProtocolViolation e) {
      violated(e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  boolean nothingInFlight() {
    lock.lock();
    try {
      return inFlight.occupied() == 0;
    } finally {
      lock.unlock();
    }
  }

  // ---- the end, by the control thread

  void close() {
    lock.lock();
    try {
      open = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Decides every request that is still in flight: sent again if that is safe, failed otherwise.
   *
   * <p>Safe is what the application allows to be executed twice, and what lies beyond the broker's
   * head: the broker moves its head before it gives a request away, so such a one was never taken.
   */
  void decideAll(String endReason, List<AsynchronousCall> again) {
    long head;
    try {
      head = ring.head();
    } catch (ProtocolViolation e) {
      head = Long.MAX_VALUE;
    }
    for (Slot slot : inFlight.all()) {
      if (slot.correlation == 0) {
        continue;
      }
      // First: whoever is to send again finds its blocks free.
      connection.unpin(slot);
      decide(slot.call, slot.recordPosition >= head, endReason, again);
      slot.correlation = 0;
      slot.call = null;
    }
  }

  private void decide(
      Call call, boolean neverTaken, String endReason, List<AsynchronousCall> again) {
    boolean harmless = neverTaken || call.request.mayBeRepeated();
    if (harmless && call.nothingDelivered()) {
      if (call.isAsynchronous()) {
        if (call.move(Call.WAITING, Call.RESEND)) {
          call.uncount();
          again.add((AsynchronousCall) call);
        }
      } else {
        call.offerAgain();
      }
      return;
    }
    boolean failed =
        harmless
            ? call.fail(
                StatusCode.UNAVAILABLE,
                Reason.CONNECTION_LOST,
                endReason + "; parts of the stream had been delivered: repeat the request")
            : call.fail(
                StatusCode.ABORTED,
                Reason.CONNECTION_LOST_OUTCOME_UNKNOWN,
                endReason
                    + "; the broker had taken the request, which may or may not have been carried out: check before you"
                    + " repeat it, or mark it idempotent");
    if (failed) {
      call.uncount();
      call.complete();
    }
  }

  /** Unmaps and closes, when no sender can be inside. */
  void release(Link link) {
    lock.lock();
    try {
      link.release();
    } finally {
      lock.unlock();
    }
  }
}
