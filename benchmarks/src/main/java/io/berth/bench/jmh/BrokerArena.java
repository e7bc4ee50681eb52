// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.arena.Segment;
import io.berth.broker.arena.SegmentTable;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.request.RequestTable;
import io.berth.shm.status.Reason;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a request's references cost the broker: checked, pinned and, after its end, unpinned, while
 * other requests of the session have output blocks of their own.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece("arena of the broker")
public class BrokerArena {
  private static final int FLAGS = FLAG_INPUT | FLAG_OUTPUT;
  private static final int BLOCK_BYTES = 4096;
  private static final int SLOTS = 1024;

  @Param({"0", "255"})
  public int othersInFlight;

  private final SegmentTable segments = new SegmentTable();
  private final UnsafeBuffer record = new UnsafeBuffer(new byte[payloadOffset(FLAGS)]);
  private Device device;

  @Setup
  public void pinOthers() {
    device =
        new Device(
            "echo:bench",
            new DeviceQueue(new RequestTable(SLOTS, maxRecordBytes(0)), SLOTS, 1),
            new KillList(2, 1),
            1);
    long segmentBytes = (othersInFlight + 1L) * BLOCK_BYTES;
    segments.add(0, 1, Segment.INPUT, segmentBytes, device);
    segments.add(1, 1, Segment.OUTPUT, segmentBytes, device);
    record.putInt(FLAGS_OFFSET, FLAGS);
    for (int i = 0; i <= othersInFlight; i++) {
      reference(inputOffset(FLAGS), 0, i);
      reference(outputOffset(FLAGS), 1, i);
      if (i < othersInFlight) {
        segments.pin(record, 0, i);
      }
    }
  }

  private void reference(int at, int segment, int block) {
    record.putInt(at + REFERENCE_SEGMENT, segment);
    record.putInt(at + REFERENCE_GENERATION, 1);
    record.putLong(at + REFERENCE_OFFSET, (long) block * BLOCK_BYTES);
    record.putLong(at + REFERENCE_LENGTH, BLOCK_BYTES);
  }

  @Benchmark
  public void checkPinUnpin() {
    if (segments.check(record, 0, device) != Reason.NONE) {
      throw new IllegalStateException("a reference that is good is refused");
    }
    segments.pin(record, 0, othersInFlight);
    segments.unpin(record, 0, othersInFlight);
  }
}
