// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** The yardstick for our own ring: Agrona's, written and read by one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece(value = "ring", system = AgronaRing.SYSTEM)
public class AgronaRing {
  static final String SYSTEM = "agrona";
  static final int CAPACITY_BYTES = 1 << 18;
  static final int BATCH = 32;
  private static final int MESSAGE_TYPE = 1;

  @Param({"64", "4096"})
  public int payloadBytes;

  private final OneToOneRingBuffer ring =
      new OneToOneRingBuffer(
          new UnsafeBuffer(
              ByteBuffer.allocateDirect(CAPACITY_BYTES + RingBufferDescriptor.TRAILER_LENGTH)));
  private UnsafeBuffer message;

  @Setup
  public void allocate() {
    message = new UnsafeBuffer(ByteBuffer.allocateDirect(payloadBytes));
  }

  /** One message in, one message out. */
  @Benchmark
  public int writeThenReadOne(Blackhole consumed) {
    write();
    return read(consumed, 1);
  }

  /** 32 messages in, then all out in as few reads as the ring's end allows; time per message. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int writeThenReadBatch(Blackhole consumed) {
    for (int i = 0; i < BATCH; i++) {
      write();
    }
    return read(consumed, BATCH);
  }

  /** Agrona ends a read at the ring's end, where it may have found nothing but padding. */
  private int read(Blackhole consumed, int wanted) {
    MessageHandler handler =
        (type, buffer, index, length) -> consumed.consume(buffer.getLong(index));
    int messages = 0;
    while (messages < wanted) {
      messages += ring.read(handler, wanted);
    }
    return messages;
  }

  private void write() {
    if (!ring.write(MESSAGE_TYPE, message, 0, payloadBytes)) {
      throw new IllegalStateException("a ring that is read after each batch is full");
    }
  }
}
