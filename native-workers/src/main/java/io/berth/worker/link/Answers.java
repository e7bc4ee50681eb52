// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.link;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.shm.frame.FrameView;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Writes answers into the worker's ring, from any thread, under a lock that is held for one copy.
 *
 * <p>The thread that reads requests writes many and publishes once; lanes publish each answer.
 */
public final class Answers {
  /** What became of an answer. */
  public enum Outcome {
    WRITTEN,
    /** No room now. The broker always drains: wait a little without holding anything. */
    FULL,
    /** The link is gone, and with it whoever asked. */
    DROPPED
  }

  /** What an answer repeats of its request. */
  public interface Header {
    long correlation();

    int operation();

    /**
     * The device library's own return code where that is why the request failed; of a good answer
     * whether it was computed outside the device; else 0.
     */
    int deviceCode();

    /** Of TRACE and OUTPUT those that the answer carries. */
    int blockFlags();

    /** Writes the blocks that {@link #blockFlags} announces. */
    void writeBlocks(AtomicBuffer out, int index);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final RingWriter writer;
  private final Wake wake;
  private final int epoch;
  private final FrameView record = new FrameView();
  private boolean open = true;
  private volatile boolean failed;

  public Answers(Link link) {
    this.writer = new RingWriter(link.own(), link.broker());
    this.wake = new Wake(link.broker(), link::ringBroker);
    this.epoch = link.welcome().workerEpoch();
  }

  /**
   * Writes one answer without publishing it.
   *
   * @param header of the request; its blocks go along unless MORE is set
   * @param payload may be null if there are no bytes
   */
  public Outcome write(
      Header header,
      boolean more,
      int statusWord,
      int part,
      DirectBuffer payload,
      int offset,
      int bytes) {
    int flags = more ? FLAG_MORE : header.blockFlags();
    lock.lock();
    try {
      if (!open) {
        return Outcome.DROPPED;
      }
      int length = payloadOffset(flags) + bytes;
      int index = writer.claim(length, TYPE_RESPONSE);
      if (index < 0) {
        if (index == RingWriter.FULL) {
          return Outcome.FULL;
        }
        failed = true;
        open = false;
        return Outcome.DROPPED;
      }
      AtomicBuffer out = writer.buffer();
      record
          .at(out, index, length)
          .putResponse(
              header.correlation(), 0, header.operation(), flags, statusWord, part, bytes, epoch);
      if (header.deviceCode() != 0) {
        record.deviceCode(header.deviceCode());
      }
      int blocks = blockBytes(flags);
      if (blocks != 0) {
        header.writeBlocks(out, index + HEADER_BYTES);
      }
      if (bytes != 0) {
        out.putBytes(index + HEADER_BYTES + blocks, payload, offset, bytes);
      }
      return Outcome.WRITTEN;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs something that writes many answers, under the lock all the while, and publishes them.
   *
   * @param writes returns how much it did
   */
  public int batch(IntSupplier writes) {
    lock.lock();
    try {
      return writes.getAsInt();
    } finally {
      lock.unlock();
      publish();
    }
  }

  /**
   * Makes visible what was written, and wakes the broker if it sleeps. That without the lock: the
   * broker may take the processor from a lane that wakes it, and everybody who wants to answer, or
   * the thread that reads requests, would wait until the lane gets it back.
   *
   * <p>Whoever publishes keeps the link open until this returns.
   */
  public void publish() {
    boolean wakes;
    lock.lock();
    try {
      wakes = open && writer.publish() && wake.isDue();
    } finally {
      lock.unlock();
    }
    if (wakes && !wake.ring()) {
      failed = true;
    }
  }

  /** Whether the broker's end is gone or its words are nonsense. */
  public boolean hasFailed() {
    return failed;
  }

  /**
   * From here on answers are dropped, and the link's memory is not touched any more. Its bell may
   * still be rung by who is publishing: a lane does that as long as its request is in the pool.
   */
  public void close() {
    lock.lock();
    try {
      open = false;
    } finally {
      lock.unlock();
    }
  }
}
