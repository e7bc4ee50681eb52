// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.link;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** The memory and doorbells of one attachment. Closed after the last access through it. */
public final class Link implements AutoCloseable {
  private static final int DESCRIPTORS = 5;

  private final WorkerWelcome welcome;
  private final Mapping ownMemory;
  private final Mapping brokerMemory;
  private final Mapping requestMemory;
  private final Region own;
  private final Region broker;
  private final OneToOneRingBuffer requests;
  private final int bellToBroker;
  private final int bellFromBroker;
  private final BrokerClock clock;

  private Link(
      WorkerWelcome welcome,
      long askedNanos,
      Mapping ownMemory,
      Mapping brokerMemory,
      Mapping requestMemory,
      int bellToBroker,
      int bellFromBroker) {
    this.welcome = welcome;
    this.clock = BrokerClock.at(welcome.brokerClockNanos(), askedNanos, System.nanoTime());
    this.ownMemory = ownMemory;
    this.brokerMemory = brokerMemory;
    this.requestMemory = requestMemory;
    this.bellToBroker = bellToBroker;
    this.bellFromBroker = bellFromBroker;
    this.own = Region.open(ownMemory.address(), ownMemory.bytes(), RegionDescriptor.KIND_WORKER);
    this.broker =
        Region.open(brokerMemory.address(), brokerMemory.bytes(), RegionDescriptor.KIND_BROKER);
    this.requests =
        new OneToOneRingBuffer(
            new UnsafeBuffer(
                requestMemory.address(),
                welcome.requestRingBytes() + RingBufferDescriptor.TRAILER_LENGTH));
  }

  /**
   * Maps what came with WORKER_WELCOME. Takes the descriptors, also when it fails.
   *
   * @param askedNanos on the clock of {@link System#nanoTime}, before WORKER_HELLO was sent
   * @throws IllegalArgumentException if they are not what the protocol says
   */
  public static Link map(WorkerWelcome welcome, int[] descriptors, long askedNanos)
      throws OsException {
    Mapping[] mappings = new Mapping[3];
    boolean done = false;
    try {
      if (descriptors.length != DESCRIPTORS) {
        throw new IllegalArgumentException(
            "WORKER_WELCOME with " + descriptors.length + " descriptors, expected " + DESCRIPTORS);
      }
      long requestBytes = (long) welcome.requestRingBytes() + RingBufferDescriptor.TRAILER_LENGTH;
      mappings[0] = Mapping.of("worker region", descriptors[0], welcome.responseRingBytes(), true);
      mappings[1] = Mapping.of("broker region", descriptors[1], 1, false);
      mappings[2] = Mapping.of("request ring", descriptors[2], requestBytes, true);
      Link link =
          new Link(
              welcome,
              askedNanos,
              mappings[0],
              mappings[1],
              mappings[2],
              descriptors[3],
              descriptors[4]);
      done = true;
      return link;
    } finally {
      for (int i = 0; i < descriptors.length; i++) {
        if (i < 3 || !done) {
          Descriptors.close(descriptors[i]);
        }
      }
      if (!done) {
        for (Mapping mapping : mappings) {
          if (mapping != null) {
            mapping.close();
          }
        }
      }
    }
  }

  public WorkerWelcome welcome() {
    return welcome;
  }

  /** The region that this worker writes. */
  public Region own() {
    return own;
  }

  /** The region that the broker writes; read-only. */
  public Region broker() {
    return broker;
  }

  public OneToOneRingBuffer requests() {
    return requests;
  }

  public BrokerClock clock() {
    return clock;
  }

  /** The end on which the broker rings. */
  public int bellFromBroker() {
    return bellFromBroker;
  }

  int ringBroker() {
    return Pipes.ring(bellToBroker);
  }

  @Override
  public void close() {
    Descriptors.close(bellToBroker);
    Descriptors.close(bellFromBroker);
    requestMemory.close();
    brokerMemory.close();
    ownMemory.close();
  }
}
