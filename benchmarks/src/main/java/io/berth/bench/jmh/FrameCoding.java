// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.FrameCheck;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A REQUEST with all blocks that a client may send: written, and taken as the broker takes it, by
 * copying it first and believing the copy only after the check.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece("frame")
public class FrameCoding {
  private static final int FLAGS = FLAG_IDEMPOTENT | FLAG_TRACE | FLAG_INPUT | FLAG_OUTPUT;
  private static final int LARGEST_PAYLOAD_BYTES = 4096;
  private static final int CACHE_LINE_BYTES = 64;

  @Param({"64", "4096"})
  public int payloadBytes;

  private final UnsafeBuffer shared = buffer();
  private final UnsafeBuffer copy = buffer();
  private final UnsafeBuffer payload = buffer();
  private long sequence;

  private static UnsafeBuffer buffer() {
    ByteBuffer memory =
        BufferUtil.allocateDirectAligned(maxRecordBytes(LARGEST_PAYLOAD_BYTES), CACHE_LINE_BYTES);
    return new UnsafeBuffer(memory);
  }

  @Setup
  public void writeOnce() {
    encode();
  }

  @Benchmark
  public int encode() {
    int length = payloadOffset(FLAGS) + payloadBytes;
    shared.putInt(LENGTH_OFFSET, length);
    shared.putInt(TYPE_OFFSET, TYPE_REQUEST);
    shared.putLong(CORRELATION_OFFSET, ++sequence << 16);
    shared.putLong(DEADLINE_OFFSET, sequence);
    shared.putInt(HANDLE_OFFSET, 1);
    shared.putInt(OPERATION_OFFSET, EchoOperation.ECHO);
    shared.putInt(FLAGS_OFFSET, FLAGS);
    shared.putInt(PRIORITY_OFFSET, 0);
    shared.putInt(STATUS_OFFSET, 0);
    shared.putInt(PAYLOAD_BYTES_OFFSET, payloadBytes);
    shared.putInt(REPLY_LIMIT_OFFSET, payloadBytes);
    shared.putInt(CREDIT_OFFSET, 0);
    shared.putInt(PART_OFFSET, 0);
    shared.putInt(EPOCH_OFFSET, 0);
    shared.putLong(HEADER_BYTES + TRACE_SUBMITTED, sequence);
    for (int stamp = TRACE_RECEIVED; stamp <= TRACE_ANSWERED; stamp += Long.BYTES) {
      shared.putLong(HEADER_BYTES + stamp, 0);
    }
    reference(inputOffset(FLAGS), 0);
    reference(outputOffset(FLAGS), 1);
    shared.putBytes(payloadOffset(FLAGS), payload, 0, payloadBytes);
    return length;
  }

  private void reference(int at, int segment) {
    shared.putInt(at + REFERENCE_SEGMENT, segment);
    shared.putInt(at + REFERENCE_GENERATION, 1);
    shared.putLong(at + REFERENCE_OFFSET, sequence & 0xFFF);
    shared.putLong(at + REFERENCE_LENGTH, payloadBytes);
  }

  @Benchmark
  public void copyThenCheck(Blackhole consumed) {
    int length = payloadOffset(FLAGS) + payloadBytes;
    copy.putBytes(0, shared, 0, length);
    String violation = FrameCheck.violation(copy, 0, length, LARGEST_PAYLOAD_BYTES);
    if (violation != null) {
      throw new IllegalStateException(violation);
    }
    int flags = copy.getInt(FLAGS_OFFSET);
    consumed.consume(copy.getLong(CORRELATION_OFFSET));
    consumed.consume(copy.getLong(DEADLINE_OFFSET));
    consumed.consume(copy.getInt(HANDLE_OFFSET));
    consumed.consume(copy.getInt(OPERATION_OFFSET));
    consumed.consume(copy.getLong(inputOffset(flags) + REFERENCE_OFFSET));
    consumed.consume(copy.getLong(outputOffset(flags) + REFERENCE_OFFSET));
  }
}
