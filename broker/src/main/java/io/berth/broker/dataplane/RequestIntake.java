// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Device;
import io.berth.broker.policy.Audit;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.AnswerText;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionState;
import io.berth.shm.frame.FrameCheck;
import io.berth.shm.frame.FrameView;
import io.berth.shm.ring.RingReader;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes records out of a client's ring: copies, checks the copy, admits or refuses.
 *
 * <p>Always drains, whatever a device does: a client's ring never backs up because of another
 * client. A record that no correct client writes ends the session; a request that may not or cannot
 * be served is answered.
 *
 * <p>Data thread only.
 */
final class RequestIntake {
  private final RequestTable requests;
  private final Dispatcher dispatcher;
  private final Endings endings;
  private final Flushes flushes;
  private final Violations violations;
  private final KeyUseJournal journal;
  private final BrokerCounters counters;
  private final int maxInlineBytes;

  /** Where a record is copied when every slot is taken, so that it can be refused by name. */
  private final UnsafeBuffer overflowRecord;

  private final FrameView inRing = new FrameView();
  private final FrameView overflow = new FrameView();

  RequestIntake(
      RequestTable requests,
      Dispatcher dispatcher,
      Endings endings,
      Flushes flushes,
      Violations violations,
      KeyUseJournal journal,
      BrokerCounters counters,
      int maxInlineBytes) {
    this.requests = requests;
    this.dispatcher = dispatcher;
    this.endings = endings;
    this.flushes = flushes;
    this.violations = violations;
    this.journal = journal;
    this.counters = counters;
    this.maxInlineBytes = maxInlineBytes;
    this.overflowRecord =
        new UnsafeBuffer(ByteBuffer.allocateDirect(maxRecordBytes(maxInlineBytes)));
  }

  /**
   * Takes up to {@code limit} records.
   *
   * @return how many
   */
  int drain(Session session, int limit, long nowNanos) {
    RingReader reader = session.requests();
    int count = 0;
    while (count < limit && session.isServed()) {
      int length = reader.next();
      if (length == RingReader.NONE) {
        break;
      }
      if (length == RingReader.VIOLATION) {
        violations.session(session, Reason.BAD_POSITION, reader.violation());
        break;
      }
      count++;
      take(session, reader, length, nowNanos);
    }
    if (count > 0) {
      reader.release();
    }
    return count;
  }

  private void take(Session session, RingReader reader, int length, long nowNanos) {
    if (length < HEADER_BYTES) {
      violations.session(session, Reason.MALFORMED_FRAME, "frame of " + length + " bytes");
      return;
    }
    int slot = requests.peekFree();
    FrameView frame =
        slot == NIL ? overflow.at(overflowRecord, 0, length) : requests.place(slot, length);
    frame.copyRecord(inRing.at(reader.buffer(), reader.recordIndex(), length));
    String violation = FrameCheck.violation(frame, maxInlineBytes);
    if (violation != null) {
      violations.session(session, Reason.MALFORMED_FRAME, violation);
      return;
    }
    switch (reader.recordType()) {
      case TYPE_REQUEST -> request(session, slot, frame, nowNanos);
      case TYPE_CANCEL -> cancel(session, frame.correlation(), nowNanos);
      case TYPE_CREDIT -> credit(session, frame.correlation(), frame.credit());
      default ->
          violations.session(session, Reason.MALFORMED_FRAME, "record type " + reader.recordType());
    }
  }

  private void request(Session session, int slot, FrameView frame, long nowNanos) {
    long correlation = frame.correlation();
    int handleWord = frame.handle();
    int operation = frame.operation();
    int flags = frame.flags();
    int replyLimit = frame.replyLimit();
    int credit = frame.credit();
    if (replyLimit < 0 || replyLimit > maxInlineBytes) {
      violations.session(session, Reason.MALFORMED_FRAME, "reply limit " + replyLimit);
      return;
    }
    if (!session.isFree(correlation)) {
      violations.session(
          session,
          Reason.DUPLICATE_CORRELATION,
          "correlation slot " + slotOf(correlation) + " of " + session.maxInFlight());
      return;
    }
    if ((flags & ~REQUEST_FLAGS) != 0) {
      // A newer client may know flags that this broker does not: told, not expelled.
      refuse(
          session,
          correlation,
          handleWord,
          operation,
          Reason.MALFORMED_FRAME,
          endings
              .text()
              .append("flags 0x")
              .appendHex(flags & ~REQUEST_FLAGS)
              .append(" of a request"));
      return;
    }
    int partReservation = replyReservation(flags, replyLimit);
    boolean stream = (flags & FLAG_STREAM) != 0;
    if (stream ? credit < 0 || credit > session.maxInFlight() : credit != 0) {
      violations.session(session, Reason.MALFORMED_FRAME, "credit " + credit);
      return;
    }
    long reservation = (long) partReservation * (1 + credit);
    if (reservation > Integer.MAX_VALUE || !session.hasReplySpace((int) reservation)) {
      refuse(session, correlation, handleWord, operation, Reason.REPLY_SPACE, endings.text());
      return;
    }
    Handle handle = session.handles().get(handleWord);
    if (handle == null) {
      refuse(session, correlation, handleWord, operation, Reason.STALE_HANDLE, endings.text());
      return;
    }
    if (!handle.allows(operation)) {
      refuse(
          session,
          correlation,
          handleWord,
          operation,
          Reason.NOT_PERMITTED,
          endings.text().append(handle.resource()));
      return;
    }
    if (session.state() != SessionState.OPEN) {
      refuse(session, correlation, handleWord, operation, Reason.GOING_AWAY, endings.text());
      return;
    }
    Device device = handle.device();
    if (!device.availability().admits()) {
      refuse(
          session,
          correlation,
          handleWord,
          operation,
          device.availability().refusal(),
          endings.describe(device, device.availability().toString()));
      return;
    }
    long deadline = handle.clampDeadline(frame.deadlineNanos(), nowNanos);
    if (deadline - nowNanos <= 0) {
      refuse(
          session,
          correlation,
          handleWord,
          operation,
          Reason.EXPIRED_BEFORE_DISPATCH,
          endings.text());
      return;
    }
    if (slot == NIL || !device.queue().hasRoomFor(handle.flow())) {
      refuseForRoom(session, correlation, handle, operation, slot == NIL);
      return;
    }
    if (!device.killList().isEmpty()
        && device.killList().isBlocked(handle.flow().account().name(), operation, nowNanos)) {
      refuse(
          session,
          correlation,
          handleWord,
          operation,
          Reason.REQUEST_KILLS_WORKER,
          endings.text().append(device.name()));
      return;
    }
    if (handle.audited() != Audit.NONE && journal.refusesWithout() && !journal.isAvailable()) {
      refuse(session, correlation, handleWord, operation, Reason.AUDIT_UNAVAILABLE, endings.text());
      return;
    }
    if ((flags & (FLAG_INPUT | FLAG_OUTPUT)) != 0) {
      Reason reason =
          session.segments().check(requests.records(), requests.recordIndex(slot), device);
      if (reason != Reason.NONE) {
        refuse(
            session,
            correlation,
            handleWord,
            operation,
            reason,
            endings.text().append(handle.resource()));
        return;
      }
    }
    if (!handle.flow().account().tryAdmit(requests.free())) {
      refuse(
          session,
          correlation,
          handleWord,
          operation,
          Reason.PRINCIPAL_LIMIT,
          endings
              .text()
              .append(handle.flow().account().name())
              .append(": requests ")
              .append(handle.flow().account().inFlight())
              .append(" >= ")
              .append(handle.flow().account().inFlightLimit())
              .append(" allowed or ")
              .append(requests.free())
              .append(" free"));
      return;
    }
    frame.priority(handle.clampPriority(frame.priority()));
    if ((flags & FLAG_TRACE) != 0) {
      frame.stamp(TRACE_RECEIVED, nowNanos);
    }
    requests.admit(
        slot, session, handle, correlation, deadline, (int) reservation, credit, nowNanos);
    session.admitted(correlation, slot, (int) reservation, device);
    if ((flags & (FLAG_INPUT | FLAG_OUTPUT)) != 0) {
      session.segments().pin(requests.records(), requests.recordIndex(slot), slot);
    }
    counters.admitted.incrementPlain();
    if ((flags & FLAG_IDEMPOTENT) == 0) {
      // A client may send again what a dead broker's head has not reached; so the head must be past
      // this request before a worker can have it.
      session.requests().release();
    }
    dispatcher.accept(device, slot, nowNanos);
  }

  private void refuseForRoom(
      Session session, long correlation, Handle handle, int operation, boolean noSlot) {
    Device device = handle.device();
    Reason reason = Reason.QUEUE_FULL;
    AnswerText text;
    if (noSlot) {
      text =
          endings
              .text()
              .append("broker: requests ")
              .append(requests.used())
              .append(" >= ")
              .append(requests.capacity());
    } else if (device.queue().isFull()) {
      text = endings.describe(device, "queue full; try again later");
    } else {
      reason = Reason.PRINCIPAL_LIMIT;
      text =
          endings
              .begin(device)
              .append(handle.flow().account().name())
              .append(": queued ")
              .append(handle.flow().queued())
              .append(" >= free places");
      Endings.load(text, device);
    }
    refuse(session, correlation, handle.word(), operation, reason, text);
  }

  private void refuse(
      Session session,
      long correlation,
      int handleWord,
      int operation,
      Reason reason,
      AnswerText text) {
    counters.refused(reason);
    // An unadmitted request has no reservation, so the room for its END must be found here.
    if (session.hasReplySpace(Session.minimalRecordBytes())
        && session.refuse(correlation, handleWord, operation, reason.word(), text)) {
      flushes.add(session);
    } else {
      violations.session(session, Reason.RESPONSE_OVERRUN, "requests beyond the reply space");
    }
  }

  private void cancel(Session session, long correlation, long nowNanos) {
    int slot = slotOfRequest(session, correlation);
    if (slot == NIL) {
      return;
    }
    if (requests.state(slot) == RequestState.QUEUED) {
      dispatcher.withdraw(slot);
      endings.refuseQueued(slot, Reason.CANCELLED, endings.text(), nowNanos);
    } else {
      dispatcher.cancel(slot);
    }
  }

  private void credit(Session session, long correlation, int parts) {
    int slot = slotOfRequest(session, correlation);
    if (slot == NIL) {
      return;
    }
    FrameView request = requests.frame(slot);
    int flags = request.flags();
    if ((flags & FLAG_STREAM) == 0 || parts <= 0 || parts > session.maxInFlight()) {
      violations.session(session, Reason.MALFORMED_FRAME, "credit " + parts);
      return;
    }
    long more = (long) parts * replyReservation(flags, request.replyLimit());
    if (more > Integer.MAX_VALUE - requests.reservedBytes(slot)
        || !session.hasReplySpace((int) more)) {
      violations.session(session, Reason.RESPONSE_OVERRUN, "credit beyond the reply space");
      return;
    }
    session.reserve((int) more);
    requests.reservedBytes(slot, requests.reservedBytes(slot) + (int) more);
    requests.credit(slot, requests.credit(slot) + parts);
    // Also for a request in flight: a second worker learns of its credit from the record alone.
    request.credit(requests.credit(slot));
    if (requests.state(slot) != RequestState.QUEUED) {
      dispatcher.credit(slot, parts);
    }
  }

  private int slotOfRequest(Session session, long correlation) {
    int slot = session.slotOf(correlation);
    return slot != NIL && requests.correlation(slot) == correlation ? slot : NIL;
  }
}
