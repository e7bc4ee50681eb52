// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.SealedMemory;
import io.berth.shm.region.RegionDescriptor;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * The memory of one attachment of a worker: regions and doorbells as a client has them, and the
 * request ring, which is Agrona's and which both sides write.
 *
 * <p>Made and closed by the control thread, as {@link SessionMemory}.
 */
public final class WorkerMemory implements AutoCloseable {
  private final SessionMemory link;
  private final SealedMemory requestMemory;
  private final OneToOneRingBuffer requests;

  private WorkerMemory(SessionMemory link, SealedMemory requestMemory, int requestRingBytes) {
    this.link = link;
    this.requestMemory = requestMemory;
    this.requests =
        new OneToOneRingBuffer(
            new UnsafeBuffer(
                requestMemory.address(), requestRingBytes + RingBufferDescriptor.TRAILER_LENGTH));
  }

  public static WorkerMemory create(
      String name, int requestRingBytes, int responseRingBytes, int workerEpoch, long brokerEpoch)
      throws OsException {
    SealedMemory requestMemory =
        SealedMemory.create(
            "berth-" + name + "-requests",
            (long) requestRingBytes + RingBufferDescriptor.TRAILER_LENGTH);
    try {
      // The broker's own region has no ring towards a worker, only its words.
      SessionMemory link =
          SessionMemory.create(
              name,
              RegionDescriptor.KIND_WORKER,
              responseRingBytes,
              RegionDescriptor.MIN_RING_BYTES,
              workerEpoch,
              brokerEpoch);
      return new WorkerMemory(link, requestMemory, requestRingBytes);
    } catch (OsException e) {
      requestMemory.close();
      throw e;
    }
  }

  public SessionMemory link() {
    return link;
  }

  public OneToOneRingBuffer requests() {
    return requests;
  }

  /** Descriptors in the order of WORKER_WELCOME; the caller closes the second. */
  public int[] peerDescriptors() throws OsException {
    int[] four = link.peerDescriptors();
    return new int[] {four[0], four[1], requestMemory.descriptor(), four[2], four[3]};
  }

  @Override
  public void close() {
    link.close();
    requestMemory.wipe();
    requestMemory.close();
  }
}
