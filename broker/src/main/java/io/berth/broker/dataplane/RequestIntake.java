// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.AnswerText;
import io.berth.broker.session.Session;
import io.berth.shm.frame.FrameCheck;
import io.berth.shm.frame.FrameView;
import io.berth.shm.ring.RingReader;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes records out of a client's ring: copies, checks the copy, and has it admitted or refused.
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
  private final Admission admission;
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
    this.counters = counters;
    this.admission = new Admission(requests, dispatcher, endings, journal, counters);
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
    if (!keepsProtocol(session, frame)) {
      return;
    }
    Reason reason = admission.admit(session, slot, frame, nowNanos);
    if (reason != Reason.NONE) {
      refuse(session, frame, reason, admission.text());
    }
  }

  /** Expels a client whose request no correct client writes. */
  private boolean keepsProtocol(Session session, FrameView frame) {
    int replyLimit = frame.replyLimit();
    if (replyLimit < 0 || replyLimit > maxInlineBytes) {
      violations.session(session, Reason.MALFORMED_FRAME, "reply limit " + replyLimit);
      return false;
    }
    long correlation = frame.correlation();
    if (!session.isFree(correlation)) {
      violations.session(
          session,
          Reason.DUPLICATE_CORRELATION,
          "correlation slot " + slotOf(correlation) + " of " + session.maxInFlight());
      return false;
    }
    int flags = frame.flags();
    int credit = frame.credit();
    int mostCredit = (flags & FLAG_STREAM) != 0 ? session.maxInFlight() : 0;
    // What a flag that is not known here makes of the credit, nobody knows: it is refused instead.
    if ((credit < 0 || credit > mostCredit) && (flags & ~REQUEST_FLAGS) == 0) {
      violations.session(session, Reason.MALFORMED_FRAME, "credit " + credit);
      return false;
    }
    return true;
  }

  private void refuse(Session session, FrameView frame, Reason reason, AnswerText text) {
    counters.refused(reason);
    // An unadmitted request has no reservation, so the room for its END must be found here.
    if (session.hasReplySpace(Session.minimalRecordBytes())
        && session.refuse(
            frame.correlation(), frame.handle(), frame.operation(), reason.word(), text)) {
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
