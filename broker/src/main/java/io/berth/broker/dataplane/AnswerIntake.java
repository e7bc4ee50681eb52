// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Affinity;
import io.berth.broker.device.KillList;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionState;
import io.berth.shm.frame.FrameView;
import io.berth.shm.frame.Utf8Cut;
import io.berth.shm.ring.RingReader;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;

/**
 * Takes answers out of a worker's ring and writes them into the client's.
 *
 * <p>A worker is believed no more than a client: vendor code may have scribbled over its memory.
 * The words of the header and of the OUTPUT block are loaded once each, checked, and written anew;
 * times and payload are copied from ring to ring and never looked at. A record that no correct
 * worker writes gets the worker fenced, and harms nobody else.
 *
 * <p>Data thread only.
 */
final class AnswerIntake {
  private final RequestTable requests;
  private final Dispatcher dispatcher;
  private final Endings endings;
  private final Flushes flushes;
  private final Violations violations;
  private final BrokerCounters counters;
  private final int maxInlineBytes;
  private final GroupRule group;

  // The record at hand: where it stands, and its words, loaded once.
  private final FrameView answer = new FrameView();
  private int flags;
  private int status;
  private int payloadBytes;
  private int part;
  private int deviceCode;
  private boolean andSoftware;
  private boolean holdsNothing;
  private long outputBytes;

  AnswerIntake(
      RequestTable requests,
      Dispatcher dispatcher,
      Endings endings,
      Flushes flushes,
      Violations violations,
      BrokerCounters counters,
      int maxInlineBytes) {
    this.requests = requests;
    this.dispatcher = dispatcher;
    this.endings = endings;
    this.flushes = flushes;
    this.violations = violations;
    this.counters = counters;
    this.maxInlineBytes = maxInlineBytes;
    this.group = new GroupRule(requests, dispatcher, violations);
  }

  /**
   * Takes up to {@code limit} answers of a worker and lets its device's queue move up.
   *
   * @return how many
   */
  int drain(Seat seat, int limit, long nowNanos) {
    WorkerLink link = seat.link();
    if (link == null || link.isCondemned()) {
      return 0;
    }
    if (link.isGarbled()) {
      violations.worker(seat, link.epoch(), "head of the request ring is no reader's");
      return 0;
    }
    RingReader reader = link.responses();
    int count = 0;
    while (count < limit) {
      int length = reader.next();
      if (length == RingReader.NONE) {
        break;
      }
      String violation =
          length == RingReader.VIOLATION
              ? reader.violation()
              : take(seat, link, reader, length, nowNanos);
      if (violation != null) {
        violations.worker(seat, link.epoch(), violation);
        break;
      }
      count++;
    }
    if (count > 0) {
      reader.release();
      if (seat.device().queue().size() > 0) {
        dispatcher.pump(seat.device(), nowNanos);
      }
    }
    return count;
  }

  /** Handles one record. Returns what is wrong with it, or null. */
  private String take(Seat seat, WorkerLink link, RingReader reader, int length, long nowNanos) {
    if (reader.recordType() != TYPE_RESPONSE || length < HEADER_BYTES) {
      return "record type " + reader.recordType() + " of " + length + " bytes";
    }
    answer.at(reader.buffer(), reader.recordIndex(), length);
    final long correlation = answer.correlation();
    final int epoch = answer.epoch();
    flags = answer.flags();
    status = answer.status();
    payloadBytes = answer.payloadBytes();
    part = answer.part();
    boolean isOk = (status & 0xFFFF) == Status.OK.code();
    int code = answer.deviceCode();
    deviceCode = isOk ? 0 : code;
    andSoftware = isOk && (code & COMPUTED_OUTSIDE) != 0;
    holdsNothing = isOk && (code & HOLDS_NOTHING) != 0;
    if ((flags & ~(FLAG_MORE | FLAG_TRACE | FLAG_OUTPUT)) != 0
        || payloadBytes < 0
        || payloadBytes > maxInlineBytes
        || length != payloadOffset(flags) + payloadBytes) {
      return "answer of " + length + " bytes, payload " + payloadBytes + ", flags " + flags;
    }
    int slot = epoch == link.epoch() ? requests.slotOf(correlation) : NIL;
    if (slot == NIL || requests.seat(slot) != seat) {
      counters.late.incrementPlain();
      return null;
    }
    boolean more = (flags & FLAG_MORE) != 0;
    if (requests.state(slot) == RequestState.ABANDONED) {
      counters.late.incrementPlain();
      if (!more) {
        answered(seat, slot);
        endings.releaseAbandoned(slot, status, andSoftware, nowNanos);
      }
      return null;
    }
    String violation = violation(slot, more);
    if (violation != null) {
      return violation;
    }
    if (more) {
      takePart(slot, nowNanos);
    } else {
      takeEnd(seat, slot, reader, nowNanos);
    }
    return null;
  }

  /**
   * What is wrong with the record at hand as an answer to this request, or null. Whatever got past
   * here a client would take for the broker's own, and end its whole session over it.
   */
  private String violation(int slot, boolean more) {
    FrameView request = requests.frame(slot);
    int requestFlags = request.flags();
    if ((flags & ~requestFlags & (FLAG_TRACE | FLAG_OUTPUT)) != 0) {
      return "answer with blocks that were not asked for, flags " + flags;
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      outputBytes = answer.outputLength(flags);
      long blockBytes = request.outputLength(requestFlags);
      if (outputBytes < 0 || outputBytes > blockBytes) {
        return "answer of " + outputBytes + " bytes in an output block of " + blockBytes;
      }
    }
    if (more) {
      if (requests.credit(slot) == 0) {
        return "part " + part + " without credit";
      }
      if (part != requests.parts(slot)) {
        return "part " + part + ", expected " + requests.parts(slot);
      }
      if ((status & 0xFFFF) != Status.OK.code()) {
        return "part " + part + " with status " + (status & 0xFFFF);
      }
    }
    return null;
  }

  private void takePart(int slot, long nowNanos) {
    FrameView request = requests.frame(slot);
    int replyLimit = request.replyLimit();
    if (payloadBytes > replyLimit) {
      // A stream with a hole must not look like a whole one: it ends here, and what the worker
      // still sends is dropped.
      dispatcher.cancel(slot);
      endings.abandon(
          slot,
          Reason.REPLY_TOO_LARGE,
          endings
              .text()
              .append("part ")
              .append(part)
              .append(": ")
              .append(payloadBytes)
              .append(" bytes > reply limit ")
              .append(replyLimit));
      return;
    }
    write(slot, status, payloadBytes, nowNanos);
    int partBytes = replyReservation(request.flags(), replyLimit);
    requests.credit(slot, requests.credit(slot) - 1);
    requests.partDelivered(slot);
    requests.reservedBytes(slot, requests.reservedBytes(slot) - partBytes);
    requests.session(slot).unreserve(partBytes);
  }

  private void takeEnd(Seat seat, int slot, RingReader reader, long nowNanos) {
    if (seat.device().isGroup() && isSettledByGroup(seat, slot, nowNanos)) {
      return;
    }
    int replyLimit = requests.frame(slot).replyLimit();
    int bytes = payloadBytes;
    int statusWord = status;
    if ((status & 0xFFFF) != Status.OK.code()) {
      bytes =
          Utf8Cut.at(
              reader.buffer(),
              reader.recordIndex() + payloadOffset(flags),
              payloadBytes,
              Math.max(replyLimit, MIN_REPLY_BYTES));
    } else if (payloadBytes > replyLimit) {
      bytes = 0;
      statusWord = Reason.REPLY_TOO_LARGE.word();
    }
    write(slot, statusWord, bytes, nowNanos);
    answered(seat, slot);
    endings.delivered(slot, statusWord, andSoftware, nowNanos);
  }

  /** Whether another card of the group gets the request, or the client another answer. */
  private boolean isSettledByGroup(Seat seat, int slot, long nowNanos) {
    if (group.moves(seat, slot, status, deviceCode, nowNanos)) {
      answered(seat, slot);
      requests.moved(slot);
      dispatcher.requeue(slot, !GroupRule.isRefusal(status), nowNanos);
      return true;
    }
    Seat holder = group.holderInstead(seat, slot, status);
    if (holder == null) {
      return false;
    }
    boolean lacks = holder.isLacking(dispatcher.operation(slot));
    answered(seat, slot);
    endings.lost(
        slot,
        lacks ? Reason.ALGORITHM_DISABLED : Reason.WORKER_UNAVAILABLE,
        endings
            .begin(seat.device())
            .append("what this session holds is on ")
            .append(holder.name())
            .append(lacks ? ", which does not do this operation" : ", which fails"),
        nowNanos);
    return true;
  }

  /** Writes the record at hand into the client's ring: its payload, the rest is the broker's. */
  private void write(int slot, int statusWord, int bytes, long nowNanos) {
    Session session = requests.session(slot);
    if (session.state().compareTo(SessionState.CLOSING) >= 0) {
      return;
    }
    FrameView request = requests.frame(slot);
    int index =
        session.claimResponse(
            requests.correlation(slot),
            requests.handle(slot).word(),
            request.operation(),
            flags,
            statusWord,
            requests.parts(slot),
            bytes);
    if (index < 0) {
      violations.session(session, Reason.RESPONSE_OVERRUN, "no room for an answer");
      return;
    }
    FrameView response = session.response();
    if (deviceCode != 0) {
      response.deviceCode(deviceCode);
    }
    response.copyBody(answer, blockBytes(flags) + bytes);
    if ((flags & FLAG_OUTPUT) != 0) {
      response.putOutput(flags, request, request.flags(), outputBytes);
    }
    if ((flags & FLAG_TRACE) != 0) {
      response.stamp(TRACE_ANSWERED, nowNanos);
    }
    flushes.add(session);
  }

  private void answered(Seat seat, int slot) {
    seat.answered(requests.isBeyondWindow(slot));
    if (seat.device().isGroup()) {
      noteWhatIsHeld(seat, slot);
    }
    KillList killList = seat.device().killList();
    if (!killList.isEmpty()) {
      killList.endedWell(requests.flow(slot).account().name(), dispatcher.operation(slot));
    }
  }

  private void noteWhatIsHeld(Seat seat, int slot) {
    Session session = requests.session(slot);
    if (seat.leavesState(dispatcher.operation(slot))) {
      boolean left = (status & 0xFFFF) == Status.OK.code();
      session.tiedTo(seat.device()).ended(seat, left, requests.lastDispatch());
    }
    Affinity affinity = holdsNothing ? session.affinity(seat.device()) : null;
    if (affinity != null) {
      affinity.emptied(seat, requests.dispatch(slot));
    }
  }
}
