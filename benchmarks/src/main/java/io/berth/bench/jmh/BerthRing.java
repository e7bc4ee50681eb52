// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import static io.berth.shm.ring.RecordDescriptor.HEADER_BYTES;

import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
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

/** Our own ring, whose reader believes nothing, written and read by one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece("ring")
public class BerthRing {
  private static final int PAGE_BYTES = 4096;
  private static final int MESSAGE_TYPE = 1;
  private static final int BATCH = AgronaRing.BATCH;

  @Param({"64", "4096"})
  public int payloadBytes;

  // Regions do not keep their memory.
  private final ByteBuffer producerMemory = memory(AgronaRing.CAPACITY_BYTES);
  private final ByteBuffer consumerMemory = memory(RegionDescriptor.MIN_RING_BYTES);
  private RingWriter writer;
  private RingReader reader;
  private UnsafeBuffer message;

  @Setup
  public void allocate() {
    Region producer =
        region(producerMemory, AgronaRing.CAPACITY_BYTES, RegionDescriptor.KIND_CLIENT);
    Region consumer =
        region(consumerMemory, RegionDescriptor.MIN_RING_BYTES, RegionDescriptor.KIND_BROKER);
    writer = new RingWriter(producer, consumer);
    reader = new RingReader(producer, consumer, HEADER_BYTES + payloadBytes);
    message = new UnsafeBuffer(ByteBuffer.allocateDirect(payloadBytes));
  }

  private static ByteBuffer memory(int ringBytes) {
    return BufferUtil.allocateDirectAligned(
        (int) RegionDescriptor.regionBytes(PAGE_BYTES, ringBytes), PAGE_BYTES);
  }

  private static Region region(ByteBuffer memory, int ringBytes, int kind) {
    return Region.create(BufferUtil.address(memory), PAGE_BYTES, ringBytes, kind, 1, 1);
  }

  /** One message in, one message out, each published and released for itself. */
  @Benchmark
  public void writeThenReadOne(Blackhole consumed) {
    write();
    writer.publish();
    read(consumed);
    reader.release();
  }

  /** 32 messages in, then all out, with one publication and one release; time per message. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void writeThenReadBatch(Blackhole consumed) {
    for (int i = 0; i < BATCH; i++) {
      write();
    }
    writer.publish();
    for (int i = 0; i < BATCH; i++) {
      read(consumed);
    }
    reader.release();
  }

  private void write() {
    int at = writer.claim(HEADER_BYTES + payloadBytes, MESSAGE_TYPE);
    if (at < 0) {
      throw new IllegalStateException("a ring that is read after each batch is full");
    }
    writer.buffer().putBytes(at + HEADER_BYTES, message, 0, payloadBytes);
  }

  private void read(Blackhole consumed) {
    if (reader.next() <= 0) {
      throw new IllegalStateException("what was published is not there: " + reader.violation());
    }
    consumed.consume(reader.buffer().getLong(reader.recordIndex() + HEADER_BYTES));
  }
}
