// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Device;
import io.berth.broker.policy.Audit;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Account;
import io.berth.broker.session.AnswerText;
import io.berth.broker.session.DryRun;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Rate;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionState;
import io.berth.shm.frame.FrameView;
import io.berth.shm.status.Reason;

/**
 * Who gets in: a request that keeps the protocol is admitted, or refused with the first reason that
 * there is. First what the request itself says, then its device, then the room for it.
 *
 * <p>Data thread only. Allocates nothing.
 */
final class Admission {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final RequestTable requests;
  private final Dispatcher dispatcher;
  private final Endings endings;
  private final KeyUseJournal journal;
  private final BrokerCounters counters;
  private AnswerText text;

  Admission(
      RequestTable requests,
      Dispatcher dispatcher,
      Endings endings,
      KeyUseJournal journal,
      BrokerCounters counters) {
    this.requests = requests;
    this.dispatcher = dispatcher;
    this.endings = endings;
    this.journal = journal;
    this.counters = counters;
  }

  /**
   * Admits a request and lets its device have it, or says why not.
   *
   * @param slot that the request is kept in, or NIL if there is none
   * @param frame private copy of the record
   * @return {@link Reason#NONE}: it is admitted; else see {@link #text}
   */
  Reason admit(Session session, int slot, FrameView frame, long nowNanos) {
    int partBytes = replyReservation(frame.flags(), frame.replyLimit());
    long reservation = (long) partBytes * (1 + (long) frame.credit());
    Handle handle = session.handles().get(frame.handle());
    Reason reason = ofRequest(session, handle, frame, reservation, nowNanos);
    if (reason != Reason.NONE) {
      return reason;
    }
    long deadline = handle.clampDeadline(frame.deadlineNanos(), nowNanos);
    reason = ofDevice(session, slot, handle, frame.operation(), deadline, nowNanos);
    if (reason != Reason.NONE) {
      return reason;
    }
    boolean withBlocks = (frame.flags() & (FLAG_INPUT | FLAG_OUTPUT)) != 0;
    reason = ofRoom(session, slot, handle, frame.operation(), withBlocks, nowNanos);
    if (reason == Reason.NONE) {
      enter(session, slot, handle, frame, deadline, (int) reservation, nowNanos);
    }
    return reason;
  }

  /** What there is to say of the refusal; until the next text is begun. */
  AnswerText text() {
    return text;
  }

  private Reason because(Reason reason, AnswerText what) {
    text = what;
    return reason;
  }

  private Reason ofRequest(
      Session session, Handle handle, FrameView frame, long reservation, long nowNanos) {
    int unknownFlags = frame.flags() & ~REQUEST_FLAGS;
    if (unknownFlags != 0) {
      // A newer client may know flags that this broker does not: told, not expelled.
      return because(
          Reason.MALFORMED_FRAME,
          endings.text().append("flags 0x").appendHex(unknownFlags).append(" of a request"));
    }
    if (reservation > Integer.MAX_VALUE || !session.hasReplySpace((int) reservation)) {
      return because(Reason.REPLY_SPACE, endings.text());
    }
    if (handle == null) {
      return because(Reason.STALE_HANDLE, endings.text());
    }
    if (!handle.allows(frame.operation())) {
      journal.refused(session, handle, frame.operation(), nowNanos);
      return because(Reason.NOT_PERMITTED, endings.text().append(handle.resource()));
    }
    return Reason.NONE;
  }

  private Reason ofDevice(
      Session session, int slot, Handle handle, int operation, long deadline, long nowNanos) {
    if (session.state() != SessionState.OPEN) {
      return because(Reason.GOING_AWAY, endings.text());
    }
    Device device = handle.device();
    if (!device.availability().admits()) {
      return because(
          device.availability().refusal(),
          endings.describe(device, device.availability().toString()));
    }
    if (deadline - nowNanos <= 0) {
      return because(Reason.EXPIRED_BEFORE_DISPATCH, endings.text());
    }
    if (slot == NIL || !device.queue().hasRoomFor(handle.flow())) {
      return ofQueue(device, handle, slot == NIL);
    }
    if (!device.killList().isEmpty()
        && device.killList().isBlocked(handle.flow().account().name(), operation, nowNanos)) {
      return because(Reason.REQUEST_KILLS_WORKER, endings.text().append(device.name()));
    }
    return Reason.NONE;
  }

  private Reason ofQueue(Device device, Handle handle, boolean noSlot) {
    if (noSlot) {
      return because(
          Reason.QUEUE_FULL,
          endings
              .text()
              .append("broker: requests ")
              .append(requests.used())
              .append(" >= ")
              .append(requests.capacity()));
    }
    if (device.queue().isFull()) {
      return because(Reason.QUEUE_FULL, endings.describe(device, "queue full; try again later"));
    }
    AnswerText what =
        endings
            .begin(device)
            .append(handle.flow().account().name())
            .append(": queued ")
            .append(handle.flow().queued())
            .append(" >= free places");
    return because(Reason.PRINCIPAL_LIMIT, Endings.load(what, device));
  }

  /** The last of the questions: whoever is not refused here has been counted. */
  private Reason ofRoom(
      Session session, int slot, Handle handle, int operation, boolean withBlocks, long nowNanos) {
    if (handle.auditOf(operation) != Audit.NONE
        && journal.refusesWithout()
        && !journal.isAvailable()) {
      return because(Reason.AUDIT_UNAVAILABLE, endings.text());
    }
    if (withBlocks) {
      Reason ofBlocks =
          session.segments().check(requests.records(), requests.recordIndex(slot), handle.device());
      if (ofBlocks != Reason.NONE) {
        return because(ofBlocks, endings.text().append(handle.resource()));
      }
    }
    Reason reason = ofAccount(session, handle, operation, nowNanos);
    if (reason == Reason.NONE) {
      reason = ofRate(session, handle, operation, nowNanos);
    }
    if (reason == Reason.NONE) {
      handle.flow().account().admitted();
    }
    return reason;
  }

  private Reason ofAccount(Session session, Handle handle, int operation, long nowNanos) {
    Account account = handle.flow().account();
    int free = requests.free();
    if (account.hasRoom(free)) {
      return Reason.NONE;
    }
    if (account.isDryRun() && account.inFlight() < free) {
      counters.dryRunInFlight.incrementPlain();
      told(account.beyond(), session, handle, operation, nowNanos);
      return Reason.NONE;
    }
    return because(
        Reason.PRINCIPAL_LIMIT,
        endings
            .text()
            .append(account.name())
            .append(": requests ")
            .append(account.inFlight())
            .append(" >= ")
            .append(account.inFlightLimit())
            .append(" allowed or ")
            .append(free)
            .append(" free"));
  }

  private Reason ofRate(Session session, Handle handle, int operation, long nowNanos) {
    Rate rate = handle.rate();
    if (rate == null || rate.tryTake(nowNanos)) {
      return Reason.NONE;
    }
    if (rate.isDryRun()) {
      counters.dryRunRate.incrementPlain();
      told(rate.beyond(), session, handle, operation, nowNanos);
      return Reason.NONE;
    }
    counters.overRate.incrementPlain();
    return because(
        Reason.PRINCIPAL_LIMIT,
        endings
            .text()
            .append(handle.flow().account().name())
            .append(": more than ")
            .append(rate.perSecond())
            .append(" requests per second, ")
            .append(rate.burst())
            .append(" at once; retry in ")
            .append(1 + rate.retryNanos(nowNanos) / NANOS_PER_MILLI)
            .append(" ms"));
  }

  private void told(DryRun beyond, Session session, Handle handle, int operation, long nowNanos) {
    int count = beyond.toTell(nowNanos);
    if (count > 0) {
      journal.wouldRefuse(session, handle, operation, count, nowNanos);
    }
  }

  private void enter(
      Session session,
      int slot,
      Handle handle,
      FrameView frame,
      long deadline,
      int reservation,
      long nowNanos) {
    long correlation = frame.correlation();
    int flags = frame.flags();
    Device device = handle.device();
    frame.priority(handle.clampPriority(frame.priority()));
    if ((flags & FLAG_TRACE) != 0) {
      frame.stamp(TRACE_RECEIVED, nowNanos);
    }
    requests.admit(
        slot, session, handle, correlation, deadline, reservation, frame.credit(), nowNanos);
    session.admitted(correlation, slot, reservation, device);
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
}
