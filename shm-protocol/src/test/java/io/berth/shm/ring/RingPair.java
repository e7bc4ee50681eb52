// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import java.nio.ByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Two regions in ordinary memory: the producer's with a ring, and the consumer's. */
public final class RingPair {
  private static final int PAGE_BYTES = 4096;

  private final ByteBuffer producerMemory;
  private final ByteBuffer consumerMemory;
  public final Region producer;
  public final Region consumer;

  public RingPair(int ringBytes) {
    producerMemory = memory(ringBytes);
    consumerMemory = memory(RegionDescriptor.MIN_RING_BYTES);
    producer =
        Region.create(
            BufferUtil.address(producerMemory),
            PAGE_BYTES,
            ringBytes,
            RegionDescriptor.KIND_CLIENT,
            1,
            1);
    consumer =
        Region.create(
            BufferUtil.address(consumerMemory),
            PAGE_BYTES,
            RegionDescriptor.MIN_RING_BYTES,
            RegionDescriptor.KIND_BROKER,
            1,
            1);
  }

  private static ByteBuffer memory(int ringBytes) {
    return BufferUtil.allocateDirectAligned(
        (int) RegionDescriptor.regionBytes(PAGE_BYTES, ringBytes), PAGE_BYTES);
  }

  public RingWriter writer() {
    return new RingWriter(producer, consumer);
  }

  public RingReader reader(int maxRecordBytes) {
    return new RingReader(producer, consumer, maxRecordBytes);
  }

  /** The producer's whole region, to be written as a hostile owner would. */
  public UnsafeBuffer producerBytes() {
    return new UnsafeBuffer(producerMemory);
  }

  public UnsafeBuffer consumerBytes() {
    return new UnsafeBuffer(consumerMemory);
  }
}
