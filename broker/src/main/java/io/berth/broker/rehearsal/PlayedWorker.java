// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.rehearsal;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Device;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.broker.device.WorkerOffer;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.ring.RecordDescriptor;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import java.util.Map;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.MessageHandler;

/** A worker's rings, in the hands of the thread that rehearses: echoes, never sleeps, but rings. */
final class PlayedWorker implements AutoCloseable {
  private static final int RING_BYTES = 1 << 16;
  private static final int EPOCH = 1;

  /** Smaller than a client's batch, so that requests wait in the queue, too. */
  private static final int WINDOW = 8;

  private final WorkerMemory memory;
  private final RingWriter answers;
  private final Wake wake;
  private final MessageHandler echo = this::echo;

  private PlayedWorker(WorkerMemory memory, int bell) {
    this.memory = memory;
    this.answers = new RingWriter(memory.link().client(), memory.link().broker());
    this.wake = new Wake(memory.link().broker(), () -> Pipes.ring(bell));
  }

  /** Attaches it. */
  static PlayedWorker make(Device device, DataThread data, int maxInlineBytes) throws OsException {
    WorkerMemory memory = WorkerMemory.create("rehearsal", RING_BYTES, RING_BYTES, EPOCH, 1);
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    memory.link().client().heartbeatOpaque(System.nanoTime());
    data.attach(
        device.seats().get(0),
        new WorkerLink(EPOCH, memory, maxInlineBytes),
        new WorkerOffer(WINDOW, 0, Map.of()));
    return new PlayedWorker(memory, descriptors[3]);
  }

  /** Answers all requests that have come. */
  void answer() {
    memory.requests().read(echo);
    if (answers.publish()) {
      wake.afterPublication();
    }
  }

  private void echo(int type, MutableDirectBuffer in, int body, int bytes) {
    if (type != TYPE_REQUEST) {
      return;
    }
    int request = body - RecordDescriptor.HEADER_BYTES;
    int payloadBytes = in.getInt(request + PAYLOAD_BYTES_OFFSET);
    int answer = answers.claim(HEADER_BYTES + payloadBytes, TYPE_RESPONSE);
    AtomicBuffer out = answers.buffer();
    out.setMemory(answer + CORRELATION_OFFSET, HEADER_BYTES - CORRELATION_OFFSET, (byte) 0);
    out.putLong(answer + CORRELATION_OFFSET, in.getLong(request + CORRELATION_OFFSET));
    out.putInt(answer + PAYLOAD_BYTES_OFFSET, payloadBytes);
    out.putInt(answer + EPOCH_OFFSET, EPOCH);
    out.putBytes(answer + HEADER_BYTES, in, request + HEADER_BYTES, payloadBytes);
  }

  @Override
  public void close() {
    memory.close();
  }
}
