// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.FrameView;
import io.berth.shm.region.Region;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.Sleep;
import io.berth.shm.ring.Wake;
import java.util.BitSet;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The data thread's side of one attachment of a worker, from WORKER_READY until the worker is lost.
 *
 * <p>Agrona's ring keeps both positions where the worker can write. That can garble what this
 * worker reads, but not lead the broker astray: see {@link RequestRingWriter}. What the broker
 * reads comes over our own validated ring.
 *
 * <p>Data thread only.
 */
public final class WorkerLink {
  private final int epoch;
  private final WorkerMemory memory;
  private final RequestRingWriter requests;
  private final AtomicBuffer requestBuffer;
  private final Region broker;
  private final RingReader responses;
  private final Wake wake;
  private final Sleep sleep;
  private final FrameView out = new FrameView();
  private final BitSet bound = new BitSet();
  private long publications;
  private boolean unpublished;
  private boolean condemned;

  public WorkerLink(int epoch, WorkerMemory memory, int maxInlineBytes) {
    this.epoch = epoch;
    this.memory = memory;
    this.requestBuffer = memory.requests().buffer();
    this.requests = new RequestRingWriter(requestBuffer);
    this.broker = memory.link().broker();
    this.responses =
        new RingReader(
            memory.link().client(), broker, FrameDescriptor.maxRecordBytes(maxInlineBytes));
    this.wake = new Wake(memory.link().client(), memory.link().doorbell());
    this.sleep = new Sleep(broker);
  }

  public int epoch() {
    return epoch;
  }

  public WorkerMemory memory() {
    return memory;
  }

  public RingReader responses() {
    return responses;
  }

  public Sleep sleep() {
    return sleep;
  }

  public Wake wake() {
    return wake;
  }

  /**
   * Stops reading what the worker answers: it broke the protocol or hangs.
   *
   * @return false if that was known before
   */
  public boolean condemn() {
    boolean first = !condemned;
    condemned = true;
    return first;
  }

  public boolean isCondemned() {
    return condemned;
  }

  /** Whether the worker wrote a position into the request ring that no reader has. */
  public boolean isGarbled() {
    return requests.isGarbled();
  }

  public boolean knows(int target) {
    return bound.get(target);
  }

  /** Announces a target. False: the ring is full, try later. */
  public boolean bind(int target, byte[] localName) {
    int index = claim(HEADER_BYTES + localName.length, TYPE_BIND);
    if (index < 0) {
      return false;
    }
    requestBuffer.putInt(index + HANDLE_OFFSET, target);
    requestBuffer.putInt(index + PAYLOAD_BYTES_OFFSET, localName.length);
    requestBuffer.putBytes(index + HEADER_BYTES, localName);
    commit();
    bound.set(target);
    return true;
  }

  /**
   * Hands a request over.
   *
   * @param record the private copy of the client's record
   * @return false: the ring is full or {@link #isGarbled}; the request stays queued
   */
  public boolean dispatch(
      FrameView record,
      long workerCorrelation,
      int target,
      long deadlineNanos,
      long sessionId,
      int addedFlags,
      long nowNanos) {
    int flags = record.flags();
    int workerFlags = flags | addedFlags | FLAG_SESSION;
    int payloadBytes = record.payloadBytes();
    int length = payloadOffset(workerFlags) + payloadBytes;
    int index = requests.claim(length, TYPE_REQUEST);
    if (index < 0) {
      return false;
    }
    out.at(requestBuffer, index, length)
        .putRequest(
            workerCorrelation,
            deadlineNanos,
            target,
            record.operation(),
            workerFlags,
            record.priority(),
            payloadBytes,
            record.replyLimit(),
            record.credit(),
            epoch);
    int blocks = blockBytes(flags);
    // The session between the client's blocks and its payload.
    out.copyBody(record, blocks);
    requestBuffer.putLong(index + HEADER_BYTES + blocks, sessionId);
    out.copy(record, HEADER_BYTES + blocks, HEADER_BYTES + blocks + SESSION_BYTES, payloadBytes);
    if ((flags & FLAG_TRACE) != 0) {
      out.stamp(TRACE_DISPATCHED, nowNanos);
    }
    commit();
    return true;
  }

  /** Passes on a CANCEL or CREDIT. False: the ring is full. */
  public boolean tell(int type, long workerCorrelation, int credit) {
    int index = claim(HEADER_BYTES, type);
    if (index < 0) {
      return false;
    }
    requestBuffer.putLong(index + CORRELATION_OFFSET, workerCorrelation);
    requestBuffer.putInt(index + CREDIT_OFFSET, credit);
    commit();
    return true;
  }

  /** Tells the worker that a session's state can go. False: the ring is full. */
  public boolean sessionClosed(long sessionId) {
    int index = claim(HEADER_BYTES + SESSION_BYTES, TYPE_SESSION_CLOSED);
    if (index < 0) {
      return false;
    }
    requestBuffer.putInt(index + FLAGS_OFFSET, FLAG_SESSION);
    requestBuffer.putLong(index + HEADER_BYTES, sessionId);
    commit();
    return true;
  }

  public boolean goAway() {
    int index = claim(HEADER_BYTES, TYPE_GOAWAY);
    if (index < 0) {
      return false;
    }
    commit();
    return true;
  }

  /** Index of the record's start with a header of zeros, or negative. */
  private int claim(int length, int type) {
    int index = requests.claim(length, type);
    if (index < 0) {
      return -1;
    }
    out.at(requestBuffer, index, length).putRequest(0, 0, 0, 0, 0, 0, 0, 0, 0, epoch);
    return index;
  }

  private void commit() {
    requests.commit();
    unpublished = true;
  }

  /** Moves the signal word if anything was handed over; then {@link #wake} after a fence. */
  public boolean publish() {
    if (!unpublished) {
      return false;
    }
    unpublished = false;
    broker.signalRelease(++publications);
    return true;
  }

  /** When the worker last looked, on CLOCK_MONOTONIC; foreign. */
  public long untrustedHeartbeatNanos() {
    return memory.link().client().heartbeatOpaque();
  }
}
