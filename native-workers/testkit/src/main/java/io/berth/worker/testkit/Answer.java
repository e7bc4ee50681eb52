// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import static io.berth.shm.frame.FrameDescriptor.*;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import org.agrona.DirectBuffer;

/** One RESPONSE of a worker: a part, or an END. */
public final class Answer {
  private final long correlation;
  private final int operation;
  private final int flags;
  private final int statusWord;
  private final int part;
  private final int deviceCode;
  private final int epoch;
  private final long[] trace;
  private final long outputBytes;
  private final byte[] payload;

  Answer(DirectBuffer in, int at) {
    correlation = in.getLong(at + CORRELATION_OFFSET);
    operation = in.getInt(at + OPERATION_OFFSET);
    flags = in.getInt(at + FLAGS_OFFSET);
    statusWord = in.getInt(at + STATUS_OFFSET);
    part = in.getInt(at + PART_OFFSET);
    deviceCode = in.getInt(at + DEVICE_CODE_OFFSET);
    epoch = in.getInt(at + EPOCH_OFFSET);
    trace = new long[(flags & FLAG_TRACE) == 0 ? 0 : TRACE_BYTES / Long.BYTES];
    for (int i = 0; i < trace.length; i++) {
      trace[i] = in.getLong(at + HEADER_BYTES + i * Long.BYTES);
    }
    outputBytes =
        (flags & FLAG_OUTPUT) == 0 ? -1 : in.getLong(at + outputOffset(flags) + REFERENCE_LENGTH);
    payload = new byte[in.getInt(at + PAYLOAD_BYTES_OFFSET)];
    in.getBytes(at + payloadOffset(flags), payload);
  }

  public long correlation() {
    return correlation;
  }

  public int operation() {
    return operation;
  }

  /** Whether this is the END and not a part before it. */
  public boolean isEnd() {
    return (flags & FLAG_MORE) == 0;
  }

  public Status status() {
    return Reason.statusOf(statusWord);
  }

  public Reason reason() {
    return Reason.reasonOf(statusWord);
  }

  /** The device library's own return code, or 0. */
  public int deviceCode() {
    return deviceCode;
  }

  public int part() {
    return part;
  }

  public int epoch() {
    return epoch;
  }

  /** The six times of the TRACE block; empty if there is none. */
  public long[] trace() {
    return trace.clone();
  }

  /** How much of the OUTPUT block was written; -1 if the answer has none. */
  public long outputBytes() {
    return outputBytes;
  }

  public byte[] payload() {
    return payload.clone();
  }

  /** The payload as text, which it is if the status is not OK. */
  public String text() {
    return new String(payload, UTF_8);
  }

  @Override
  public String toString() {
    return (isEnd() ? "END " : "part " + part + " ")
        + status()
        + " "
        + reason()
        + " ("
        + payload.length
        + " bytes)"
        + (status() == Status.OK ? "" : ": " + text());
  }
}
