// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.policy.Audit;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.AnswerText;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionState;
import io.berth.shm.status.Reason;

/**
 * How requests end. Whatever happens to a request, one of these methods writes its one END and one
 * of them frees its slot.
 *
 * <p>Whatever a client was told, a request that a worker was given may have used a key. The method
 * that frees its slot therefore tells the journal of it, once, with the outcome as far as it is
 * known: the worker's own, or {@link Reason#WORKER_LOST_OUTCOME_UNKNOWN}; and with all workers that
 * may have executed it, where one after the other had it.
 *
 * <p>Data thread only.
 */
final class Endings {
  private final RequestTable requests;
  private final Flushes flushes;
  private final BrokerCounters counters;
  private final Violations violations;
  private final KeyUseJournal journal;
  private final AnswerText text = new AnswerText();

  Endings(
      RequestTable requests,
      Flushes flushes,
      BrokerCounters counters,
      Violations violations,
      KeyUseJournal journal) {
    this.requests = requests;
    this.flushes = flushes;
    this.counters = counters;
    this.violations = violations;
    this.journal = journal;
  }

  /** Ends a QUEUED request that is in no queue any more. */
  void refuseQueued(int slot, Reason reason, AnswerText text, long nowNanos) {
    answer(slot, reason, text);
    if (requests.attempts(slot) > 0) {
      // It waited for a second try; what became of the first, nobody knows.
      used(slot, Reason.WORKER_LOST_OUTCOME_UNKNOWN.word(), false, nowNanos);
    }
    free(slot);
  }

  /**
   * Ends a request that is with a worker for its client only: the slot stays taken until the worker
   * lets go.
   */
  void abandon(int slot, Reason reason, AnswerText text) {
    answer(slot, reason, text);
    Session session = requests.session(slot);
    closeFor(session, slot);
    session.abandoned();
    requests.move(slot, RequestState.ABANDONED);
  }

  /** Ends a request that was with a worker which is gone. */
  void lost(int slot, Reason reason, AnswerText text, long nowNanos) {
    if (requests.state(slot) == RequestState.ABANDONED) {
      releaseAbandoned(slot, reason.word(), false, nowNanos);
    } else {
      answer(slot, reason, text);
      used(slot, reason.word(), false, nowNanos);
      free(slot);
    }
  }

  /**
   * The END of a worker was written into the client's ring.
   *
   * @param andSoftware whether the worker's software has computed a part
   */
  void delivered(int slot, int statusWord, boolean andSoftware, long nowNanos) {
    counters.completed.incrementPlain();
    used(slot, statusWord, andSoftware, nowNanos);
    free(slot);
  }

  /**
   * The worker has let go of a request whose client had its END before.
   *
   * @param statusWord how it ended at the worker, which the client does not hear any more
   * @param andSoftware as in {@link #delivered}
   */
  void releaseAbandoned(int slot, int statusWord, boolean andSoftware, long nowNanos) {
    used(slot, statusWord, andSoftware, nowNanos);
    Session session = requests.session(slot);
    requests.flow(slot).account().ended();
    session.released();
    unpin(session, slot);
    requests.move(slot, RequestState.FREE);
  }

  private void used(int slot, int statusWord, boolean andSoftware, long nowNanos) {
    Handle handle = requests.handle(slot);
    int operation = requests.frame(slot).operation();
    if (handle.uses() != null) {
      handle.uses().incrementPlain();
    }
    if (handle.auditOf(operation) != Audit.NONE) {
      journal.used(
          requests.session(slot),
          handle,
          operation,
          statusWord,
          modules(slot, andSoftware),
          nowNanos);
    }
  }

  /** What executed it, and what may have done so before. */
  private String modules(int slot, boolean andSoftware) {
    Seat seat = requests.seat(slot);
    String module = seat.module(andSoftware);
    String before = requests.begunBy(slot);
    return before == null || before.equals(seat.module(false))
        ? module
        : module + "; begun before by " + before;
  }

  private void free(int slot) {
    Session session = requests.session(slot);
    requests.flow(slot).account().ended();
    closeFor(session, slot);
    unpin(session, slot);
    requests.move(slot, RequestState.FREE);
  }

  private void unpin(Session session, int slot) {
    if ((requests.frame(slot).flags() & (FLAG_INPUT | FLAG_OUTPUT)) != 0) {
      session.segments().unpin(requests.records(), requests.recordIndex(slot), slot);
    }
  }

  private void closeFor(Session session, int slot) {
    session.ended(requests.correlation(slot), requests.reservedBytes(slot));
  }

  private void answer(int slot, Reason reason, AnswerText text) {
    Session session = requests.session(slot);
    if (session.state().compareTo(SessionState.CLOSING) >= 0) {
      return;
    }
    counters.refused(reason);
    Handle handle = requests.handle(slot);
    int operation = requests.frame(slot).operation();
    long correlation = requests.correlation(slot);
    if (session.refuse(correlation, handle.word(), operation, reason.word(), text)) {
      flushes.add(session);
    } else {
      violations.session(session, Reason.RESPONSE_OVERRUN, "no room for an answer");
    }
  }

  /** An empty text, of which there is but one: it is to be used up before the next is begun. */
  AnswerText text() {
    return text.clear();
  }

  /** What an answer about a device says: which, and its numbers. */
  AnswerText describe(Device device, String what) {
    return load(begin(device).append(what), device);
  }

  /** Begins a text about a device. */
  AnswerText begin(Device device) {
    return text().append("device ").append(device.name()).append(": ");
  }

  /** Ends a text about a device. */
  static AnswerText load(AnswerText text, Device device) {
    return text.append(" (in flight ")
        .append(device.inFlight())
        .append("/")
        .append(device.window())
        .append(", queued ")
        .append(device.queue().size())
        .append("/")
        .append(device.queue().limit())
        .append(")");
  }
}
