// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.wire.FrameLayout;
import io.berth.client.wire.ResponseRing;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.locks.LockSupport;

/**
 * One request from the caller's first step to its end.
 *
 * <pre>
 * WAITING --leader has the END--> DELIVERING --copied--> DONE
 *    |----connection lost, may be sent again--> RESEND --caller or reconnector--> WAITING
 *    |----connection lost otherwise--> DONE (failed)
 *    |----caller's clock or cancel--> ABANDONED
 * </pre>
 *
 * Whoever moves it out of WAITING, by compare-and-set, ends it: so it ends exactly once. Only a
 * call that reached DONE is reused, because an abandoned one may still be named by a slot.
 */
class Call {
  static final int WAITING = 0;
  static final int DELIVERING = 1;
  static final int DONE = 2;
  static final int RESEND = 3;
  static final int ABANDONED = 4;

  private static final AtomicIntegerFieldUpdater<Call> STATE =
      AtomicIntegerFieldUpdater.newUpdater(Call.class, "state");
  private static final byte[] NOTHING = new byte[0];

  Resource resource;
  Request request;
  ByteBuffer replyTarget;
  long deadlineNanos;
  long submittedNanos;
  boolean resubmitted;

  /**
   * Where the request is in flight; correlation 0 if nowhere. Written by the submitter under its
   * lock.
   */
  volatile Connection connection;

  volatile long correlation;

  /** The follower that is parked for this call. */
  volatile Thread parked;

  private volatile int state;
  private int status;
  private int reason;
  private int deviceCode;
  private byte[] payload = NOTHING;
  private int payloadBytes;
  private long outputBytes;
  private long[] traceNanos;

  void begin(Resource resource, Request request, ByteBuffer replyTarget, long deadlineNanos) {
    this.resource = resource;
    this.request = request;
    this.replyTarget = replyTarget;
    this.deadlineNanos = deadlineNanos;
    this.resubmitted = false;
    this.connection = null;
    this.correlation = 0;
    this.payload = NOTHING;
    this.traceNanos = null;
    this.outputBytes = -1;
    this.state = WAITING;
  }

  /** Forgets the application's objects, so that a pooled call does not keep them alive. */
  void forget() {
    resource = null;
    request = null;
    replyTarget = null;
    connection = null;
    payload = NOTHING;
  }

  final int state() {
    return state;
  }

  final boolean move(int from, int to) {
    return STATE.compareAndSet(this, from, to);
  }

  /** Whether whoever waits for this call has something to do. */
  boolean ready() {
    int now = state;
    return now != WAITING && now != DELIVERING;
  }

  boolean isAsynchronous() {
    return false;
  }

  boolean isStream() {
    return false;
  }

  /** Credit that goes with the request; only for streams. */
  int initialCredit() {
    return 0;
  }

  /**
   * Whether a second sending would be a first one for the caller: no part of an answer was handed
   * out.
   */
  boolean nothingDelivered() {
    return true;
  }

  /** By the leader: takes one part of a stream. */
  void deliverPart(ResponseRing ring) {
    throw new IllegalStateException("a call that is no stream has no parts");
  }

  /**
   * By the leader: copies the END out of the ring.
   *
   * @return false if the caller has given up meanwhile
   */
  boolean deliverEnd(ResponseRing ring) {
    if (!move(WAITING, DELIVERING)) {
      return false;
    }
    status = ring.statusCode();
    reason = ring.reason();
    deviceCode = ring.deviceCode();
    outputBytes = ring.untrustedOutputBytes();
    payloadBytes = ring.payloadBytes();
    if ((ring.flags() & FrameLayout.TRACE_FLAG) != 0) {
      traceNanos = new long[6];
      for (int stage = 0; stage < traceNanos.length; stage++) {
        traceNanos[stage] = ring.traceNanos(stage);
      }
    }
    takeEndPayload(ring);
    return true;
  }

  /** Copies the END's payload; a stream takes it as a last part. */
  void takeEndPayload(ResponseRing ring) {
    if (status == 0 && replyTarget != null) {
      try {
        ring.copyPayload(replyTarget);
      } catch (BufferOverflowException e) {
        set(
            StatusCode.OUT_OF_RANGE,
            Reason.REPLY_TOO_LARGE,
            "the reply has "
                + payloadBytes
                + " bytes, the caller's buffer room for "
                + replyTarget.remaining());
      }
      return;
    }
    payload = payloadBytes == 0 ? NOTHING : new byte[payloadBytes];
    ring.copyPayload(payload, 0);
  }

  /** By whoever moved the call to DELIVERING, when the ring and the slot are free again. */
  void complete() {
    state = DONE;
    wake();
  }

  /**
   * Ends the call without an answer.
   *
   * @return false if it had ended already
   */
  final boolean fail(StatusCode code, Reason why, String text) {
    if (!move(WAITING, DELIVERING)) {
      return false;
    }
    set(code, why, text);
    return true;
  }

  /** Lets the caller, or the reconnector, send it again. */
  boolean offerAgain() {
    if (!move(WAITING, RESEND)) {
      return false;
    }
    wake();
    return true;
  }

  /**
   * By the one who sends it again, from RESEND or, turned away untouched, from DONE.
   *
   * @return false if it was abandoned meanwhile
   */
  final boolean prepareAgain() {
    resubmitted |= correlation != 0;
    connection = null;
    correlation = 0;
    return move(RESEND, WAITING) || move(DONE, WAITING);
  }

  /** No connection's receiver has to look for this call's answer any more. */
  void uncount() {}

  final void wake() {
    Thread thread = parked;
    if (thread != null && thread != Thread.currentThread()) {
      LockSupport.unpark(thread);
    }
  }

  final boolean wasTurnedAwayUntouched() {
    return status == StatusCode.UNAVAILABLE.number() && reason == Reason.GOING_AWAY.number();
  }

  final boolean handleWasStale() {
    return reason == Reason.STALE_HANDLE.number() && status != 0;
  }

  final boolean succeeded() {
    return status == 0;
  }

  final int payloadBytes() {
    return payloadBytes;
  }

  final Reply reply() {
    return new Reply(
        StatusCode.of(status),
        Reason.of(reason),
        deviceCode,
        payload,
        outputBytes,
        traceNanos,
        where());
  }

  /** What is asked of what, for messages. */
  final String where() {
    return resource.name() + ", " + request.describe();
  }

  @Override
  public String toString() {
    return where();
  }

  final BerthException failure() {
    return reply().failure();
  }

  private void set(StatusCode code, Reason why, String text) {
    status = code.number();
    reason = why.number();
    deviceCode = 0;
    payload = text.getBytes(StandardCharsets.UTF_8);
    payloadBytes = payload.length;
  }
}
