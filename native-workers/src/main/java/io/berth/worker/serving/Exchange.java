// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.shm.frame.FrameDescriptor.*;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.shm.frame.FrameView;
import io.berth.shm.frame.Utf8Cut;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.arena.Segment;
import io.berth.worker.arena.SegmentTable;
import io.berth.worker.driver.PartSource;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import io.berth.worker.link.Answers;
import io.berth.worker.link.BrokerClock;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One request on its way to its answer; reused for the next one.
 *
 * <p>Used by one thread at a time: the one that reads the ring until it is handed to a lane, then
 * that lane. {@link #cancelled} is the exception.
 */
final class Exchange implements Request, Reply, Answers.Header {
  /** Where a request is between its arrival and its END, if it is executed on a lane. */
  enum Place {
    QUEUED,
    RUNNING,
    PAUSED
  }

  private static final int BLOCKS_IN_ANSWERS = FLAG_TRACE | FLAG_OUTPUT;
  private static final int TRACE_WORDS = TRACE_BYTES / Long.BYTES;

  private final FrameView frame = new FrameView();
  private final UnsafeBuffer payload = new UnsafeBuffer(0, 0);
  private final UnsafeBuffer wrapped = new UnsafeBuffer(0, 0);
  private final long[] trace = new long[TRACE_WORDS];
  private byte[] copy = new byte[0];
  private Answers answers;
  private BrokerClock clock;
  private Runnable whenFull;
  private long correlation;
  private long deadlineNanos;
  private int operation;
  private int flags;
  private int replyLimit;
  private int deviceCode;
  private int maxReplyBytes;
  private int targetId;
  private Target target;
  private long session;
  private int part;
  private int inputSegment;
  private int inputGeneration;
  private long inputOffset;
  private long inputLength;
  private int outputSegment;
  private int outputGeneration;
  private long outputOffset;
  private long outputLength;
  private long outputWritten;
  private ByteBuffer input;
  private ByteBuffer output;
  private boolean interactive;
  private boolean answered;
  private PartSource source;
  private Segment inputPinned;
  private Segment outputPinned;
  private volatile boolean cancelled;

  /** Of its operation. */
  OperationProfile profile;

  // Guarded by the pool's lock.
  Place place;
  boolean computing;
  long turn;
  LaneThread lane;
  int credit;

  /** Binds to a link; before the first {@link #load} of that link. */
  void attach(
      Answers toAnswers, BrokerClock ofBroker, int maxInlineBytes, Runnable whenRingIsFull) {
    answers = toAnswers;
    clock = ofBroker;
    maxReplyBytes = maxInlineBytes;
    whenFull = whenRingIsFull;
  }

  /**
   * Takes a REQUEST out of the ring.
   *
   * @param at where its record starts
   * @param privately copy the payload, as it is used after the ring's space is given back
   */
  void load(DirectBuffer in, int at, boolean privately) {
    frame.at(in, at, HEADER_BYTES);
    correlation = frame.correlation();
    long deadline = frame.deadlineNanos();
    deadlineNanos = deadline == 0 ? Long.MAX_VALUE : clock.toOwn(deadline);
    targetId = frame.handle();
    operation = frame.operation();
    flags = frame.flags();
    replyLimit = frame.replyLimit();
    deviceCode = 0;
    credit = frame.credit();
    interactive = frame.priority() == PRIORITY_INTERACTIVE;
    part = 0;
    answered = false;
    cancelled = false;
    source = null;
    outputWritten = 0;
    if ((flags & (FLAG_TRACE | FLAG_INPUT | FLAG_OUTPUT | FLAG_SESSION)) == 0) {
      session = 0;
    } else {
      loadBlocks(in, at);
    }
    int payloadAt = at + payloadOffset(flags);
    int payloadBytes = frame.payloadBytes();
    if (privately) {
      if (copy.length < payloadBytes) {
        copy = new byte[Math.max(payloadBytes, 2 * copy.length)];
      }
      in.getBytes(payloadAt, copy, 0, payloadBytes);
      payload.wrap(copy, 0, payloadBytes);
    } else {
      payload.wrap(in, payloadAt, payloadBytes);
    }
  }

  private void loadBlocks(DirectBuffer in, int at) {
    int block = at + HEADER_BYTES;
    if ((flags & FLAG_TRACE) != 0) {
      for (int i = 0; i < TRACE_WORDS; i++) {
        trace[i] = in.getLong(block + i * Long.BYTES);
      }
      block += TRACE_BYTES;
    }
    if ((flags & FLAG_INPUT) != 0) {
      inputSegment = in.getInt(block + REFERENCE_SEGMENT);
      inputGeneration = in.getInt(block + REFERENCE_GENERATION);
      inputOffset = in.getLong(block + REFERENCE_OFFSET);
      inputLength = in.getLong(block + REFERENCE_LENGTH);
      block += REFERENCE_BYTES;
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      outputSegment = in.getInt(block + REFERENCE_SEGMENT);
      outputGeneration = in.getInt(block + REFERENCE_GENERATION);
      outputOffset = in.getLong(block + REFERENCE_OFFSET);
      outputLength = in.getLong(block + REFERENCE_LENGTH);
      block += REFERENCE_BYTES;
    }
    session = (flags & FLAG_SESSION) != 0 ? in.getLong(block) : 0;
  }

  /**
   * Looks its blocks up.
   *
   * @throws RequestException if one is not there; nothing is pinned then
   */
  void pin(SegmentTable segments) throws RequestException {
    if ((flags & FLAG_INPUT) != 0) {
      inputPinned =
          segments.pin(session, inputSegment, inputGeneration, inputOffset, inputLength, false);
      input = inputPinned.block(inputOffset, inputLength);
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      try {
        outputPinned =
            segments.pin(
                session, outputSegment, outputGeneration, outputOffset, outputLength, true);
      } catch (RequestException e) {
        unpin();
        throw e;
      }
      output = outputPinned.block(outputOffset, outputLength);
    }
  }

  /** Lets go of its blocks. True if a segment has no more use now. */
  boolean unpin() {
    input = null;
    output = null;
    boolean last = false;
    if (inputPinned != null) {
      last = inputPinned.unpin();
      inputPinned = null;
    }
    if (outputPinned != null) {
      last |= outputPinned.unpin();
      outputPinned = null;
    }
    return last;
  }

  boolean hasBlocks() {
    return (flags & (FLAG_INPUT | FLAG_OUTPUT)) != 0;
  }

  // What the runtime asks.

  int targetId() {
    return targetId;
  }

  void target(Target bound) {
    target = bound;
  }

  boolean isAnswered() {
    return answered;
  }

  PartSource source() {
    return source;
  }

  void cancel() {
    cancelled = true;
  }

  /** Whether it may have a lane that is kept for the most urgent class. */
  boolean isInteractive() {
    return interactive;
  }

  boolean isStream() {
    return (flags & FLAG_STREAM) != 0;
  }

  boolean isExpired(long nowNanos) {
    return deadlineNanos != Long.MAX_VALUE && deadlineNanos - nowNanos <= 0;
  }

  void started() {
    if ((flags & FLAG_TRACE) != 0) {
      trace[TRACE_STARTED / Long.BYTES] = clock.fromOwn(System.nanoTime());
    }
  }

  /** Sends a part of a stream. */
  void part(DirectBuffer from, int offset, int bytes) throws RequestException {
    if (bytes > replyLimit) {
      throw new RequestException(
          Reason.REPLY_TOO_LARGE.usualStatus(),
          Reason.REPLY_TOO_LARGE,
          "part of " + bytes + " bytes > reply limit " + replyLimit);
    }
    write(true, 0, part++, from, offset, bytes);
  }

  /** Ends without payload. */
  void end() {
    end(0, null, 0, 0);
  }

  private void end(int statusWord, DirectBuffer from, int offset, int bytes) {
    if (answered) {
      throw new IllegalStateException("answered twice");
    }
    answered = true;
    if ((flags & FLAG_TRACE) != 0) {
      trace[TRACE_FINISHED / Long.BYTES] = clock.fromOwn(System.nanoTime());
    }
    write(false, statusWord, part, from, offset, bytes);
  }

  private void write(
      boolean more, int statusWord, int number, DirectBuffer from, int offset, int bytes) {
    while (answers.write(this, more, statusWord, number, from, offset, bytes)
        == Answers.Outcome.FULL) {
      whenFull.run();
    }
  }

  @Override
  public long correlation() {
    return correlation;
  }

  @Override
  public int deviceCode() {
    return deviceCode;
  }

  @Override
  public int blockFlags() {
    return flags & BLOCKS_IN_ANSWERS;
  }

  @Override
  public void writeBlocks(AtomicBuffer out, int index) {
    int block = index;
    if ((flags & FLAG_TRACE) != 0) {
      for (int i = 0; i < TRACE_WORDS; i++) {
        out.putLong(block + i * Long.BYTES, trace[i]);
      }
      block += TRACE_BYTES;
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      out.putInt(block + REFERENCE_SEGMENT, outputSegment);
      out.putInt(block + REFERENCE_GENERATION, outputGeneration);
      out.putLong(block + REFERENCE_OFFSET, outputOffset);
      out.putLong(block + REFERENCE_LENGTH, outputWritten);
    }
  }

  // What the driver asks.

  @Override
  public int operation() {
    return operation;
  }

  @Override
  public Target target() {
    return target;
  }

  @Override
  public DirectBuffer payload() {
    return payload;
  }

  @Override
  public ByteBuffer input() {
    return input;
  }

  @Override
  public ByteBuffer output() {
    return output;
  }

  @Override
  public long session() {
    return session;
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public boolean isRetried() {
    return (flags & FLAG_RETRIED) != 0;
  }

  @Override
  public int limitBytes() {
    return Math.min(replyLimit, maxReplyBytes);
  }

  @Override
  public void ok(DirectBuffer from, int offset, int bytes) {
    if (Integer.compareUnsigned(bytes, limitBytes()) > 0) {
      fail(
          Reason.REPLY_TOO_LARGE.usualStatus(),
          Reason.REPLY_TOO_LARGE,
          "answer of " + bytes + " bytes > reply limit " + limitBytes());
      return;
    }
    end(0, from, offset, bytes);
  }

  @Override
  public void ok(byte[] from, int offset, int bytes) {
    wrapped.wrap(from);
    ok(wrapped, offset, bytes);
  }

  @Override
  public void fail(Status status, Reason reason, int libraryCode, String text) {
    byte[] words = (text == null ? "" : text).getBytes(UTF_8);
    int room =
        Math.min(Math.max(replyLimit, MIN_REPLY_BYTES), Math.max(maxReplyBytes, MIN_REPLY_BYTES));
    wrapped.wrap(words);
    deviceCode = libraryCode;
    end(reason.word(status), wrapped, 0, Utf8Cut.at(words, room));
  }

  @Override
  public void computedOutside() {
    deviceCode |= COMPUTED_OUTSIDE;
  }

  @Override
  public void holdsNothing() {
    deviceCode |= HOLDS_NOTHING;
  }

  @Override
  public void outputBytes(long written) {
    if (output == null || written < 0 || written > outputLength) {
      throw new IllegalArgumentException(
          written + " bytes of an output block of " + (output == null ? 0 : outputLength));
    }
    outputWritten = written;
  }

  @Override
  public void stream(PartSource parts) throws RequestException {
    if (!isStream()) {
      throw RequestException.invalid("the operation answers in parts: ask for a stream");
    }
    source = parts;
  }

  /** Forgets what was asked, so that nothing of it outlives its answer. */
  void wipe() {
    int used = payload.capacity();
    if (payload.byteArray() == copy && used > 0) {
      ((MutableDirectBuffer) payload).setMemory(0, used, (byte) 0);
    }
    payload.wrap(0, 0);
    wrapped.wrap(0, 0);
    input = null;
    output = null;
    target = null;
    source = null;
  }
}
