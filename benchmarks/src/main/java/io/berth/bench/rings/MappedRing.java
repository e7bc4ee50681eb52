// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Agrona's own single-producer ring in a mapped file, as it comes: nothing checked, nobody woken.
 */
final class MappedRing implements AutoCloseable {
  private final MappedByteBuffer mapped;
  private final OneToOneRingBuffer ring;

  private MappedRing(MappedByteBuffer mapped) {
    this.mapped = mapped;
    this.ring = new OneToOneRingBuffer(new UnsafeBuffer(mapped));
  }

  /**
   * @param capacityBytes a power of two
   */
  static void create(Path file, int capacityBytes) {
    int length = capacityBytes + RingBufferDescriptor.TRAILER_LENGTH;
    IoUtil.unmap(IoUtil.mapNewFile(file.toFile(), length));
  }

  static MappedRing open(Path file) {
    return new MappedRing(IoUtil.mapExistingFile(file.toFile(), file.getFileName().toString()));
  }

  OneToOneRingBuffer ring() {
    return ring;
  }

  @Override
  public void close() {
    IoUtil.unmap(mapped);
  }
}
