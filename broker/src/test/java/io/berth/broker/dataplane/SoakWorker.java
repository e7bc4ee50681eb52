// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.region.Region;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * A worker that waits on the signal word, as PROTOCOL.md has it, and echoes. It stops when a
 * request's payload is {@link #STOP}.
 */
final class SoakWorker implements AutoCloseable {
  static final int EPOCH = 1;
  static final long STOP = -1;
  private static final int RING_BYTES = 1 << 16;

  final WorkerLink link;
  private final WorkerMemory memory;
  private final Region broker;
  private final OneToOneRingBuffer requests;
  private final RingWriter answers;
  private final Wake wake;
  private final SoakSleeper sleeper;
  private long seenSignal;
  private boolean stopped;

  SoakWorker(int maxInlineBytes) throws OsException {
    memory = WorkerMemory.create("soak", RING_BYTES, RING_BYTES, EPOCH, 1);
    link = new WorkerLink(EPOCH, memory, maxInlineBytes);
    broker = memory.link().broker();
    requests =
        new OneToOneRingBuffer(
            new UnsafeBuffer(
                memory.requests().buffer().addressOffset(),
                RING_BYTES + RingBufferDescriptor.TRAILER_LENGTH));
    answers = new RingWriter(memory.link().client(), broker);
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    wake = new Wake(broker, () -> Pipes.ring(descriptors[3]));
    sleeper = new SoakSleeper(memory.link().client(), descriptors[4], 7);
    memory.link().client().heartbeatOpaque(System.nanoTime());
  }

  /**
   * Serves until it is told to stop.
   *
   * @return how often it slept
   */
  long serve() {
    MessageHandler handler = this::take;
    while (!stopped) {
      long signal = broker.signalAcquire();
      if (signal == seenSignal) {
        sleeper.sleepUnless(() -> broker.signalAcquire() != seenSignal);
      } else {
        long before = requests.consumerPosition();
        requests.read(handler);
        if (requests.consumerPosition() == before) {
          // Everything that was committed before this signal is taken.
          seenSignal = signal;
        }
      }
    }
    return sleeper.sleeps();
  }

  private void take(int type, MutableDirectBuffer in, int body, int length) {
    if (type != TYPE_REQUEST) {
      return;
    }
    int at = body - 8;
    long payload = in.getLong(at + payloadOffset(in.getInt(at + FLAGS_OFFSET)));
    int index = answers.claim(HEADER_BYTES + Long.BYTES, TYPE_RESPONSE);
    if (index < 0) {
      throw new AssertionError("no room for an answer");
    }
    AtomicBuffer out = answers.buffer();
    out.setMemory(index + 8, HEADER_BYTES - 8, (byte) 0);
    out.putLong(index + CORRELATION_OFFSET, in.getLong(at + CORRELATION_OFFSET));
    out.putInt(index + PAYLOAD_BYTES_OFFSET, Long.BYTES);
    out.putInt(index + EPOCH_OFFSET, EPOCH);
    out.putLong(index + HEADER_BYTES, payload);
    // Each by itself, so that many publications meet a broker that falls asleep.
    answers.publish();
    if (!wake.afterPublication()) {
      throw new AssertionError("the broker is gone");
    }
    stopped |= payload == STOP;
    sleeper.dawdle();
  }

  /** After the data thread has let go of it. */
  @Override
  public void close() {
    sleeper.close();
    memory.close();
  }
}
