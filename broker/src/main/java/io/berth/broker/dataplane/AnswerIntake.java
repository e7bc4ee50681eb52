// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Device;
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

  // The record at hand: where it stands, and its words, loaded once.
  private final FrameView answer = new FrameView();
  private int flags;
  private int status;
  private int payloadBytes;
  private int part;
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
  }

  /**
   * Takes up to {@code limit} answers and lets the device's queue move up.
   *
   * @return how many
   */
  int drain(Device device, int limit, long nowNanos) {
    WorkerLink link = device.link();
    if (link == null || link.isCondemned()) {
      return 0;
    }
    if (link.isGarbled()) {
      violations.worker(device, link.epoch(), "head of the request ring is no reader's");
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
              : take(device, link, reader, length, nowNanos);
      if (violation != null) {
        violations.worker(device, link.epoch(), violation);
        break;
      }
      count++;
    }
    if (count > 0) {
      reader.release();
      if (device.queue().size() > 0) {
        dispatcher.pump(device, nowNanos);
      }
    }
    return count;
  }

  /** Handles one record. Returns what is wrong with it, or null. */
  private String take(
      Device device, WorkerLink link, RingReader reader, int length, long nowNanos) {
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
    if ((flags & ~(FLAG_MORE | FLAG_TRACE | FLAG_OUTPUT)) != 0
        || payloadBytes < 0
        || payloadBytes > maxInlineBytes
        || length != payloadOffset(flags) + payloadBytes) {
      return "answer of " + length + " bytes, payload " + payloadBytes + ", flags " + flags;
    }
    int slot = epoch == link.epoch() ? requests.slotOf(correlation) : NIL;
    if (slot == NIL || requests.device(slot) != device) {
      counters.late.incrementPlain();
      return null;
    }
    boolean more = (flags & FLAG_MORE) != 0;
    if (requests.state(slot) == RequestState.ABANDONED) {
      counters.late.incrementPlain();
      if (!more) {
        answered(device, slot);
        endings.releaseAbandoned(slot, status, nowNanos);
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
      takeEnd(device, slot, reader, nowNanos);
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

  private void takeEnd(Device device, int slot, RingReader reader, long nowNanos) {
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
    answered(device, slot);
    endings.delivered(slot, statusWord, nowNanos);
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
    response.copyBody(answer, blockBytes(flags) + bytes);
    if ((flags & FLAG_OUTPUT) != 0) {
      response.putOutput(flags, request, request.flags(), outputBytes);
    }
    if ((flags & FLAG_TRACE) != 0) {
      response.stamp(TRACE_ANSWERED, nowNanos);
    }
    flushes.add(session);
  }

  private void answered(Device device, int slot) {
    device.answered();
    if (!device.killList().isEmpty()) {
      device.killList().endedWell(requests.flow(slot).account().name(), dispatcher.operation(slot));
    }
  }
}
