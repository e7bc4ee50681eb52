// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.rehearsal;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Device;
import io.berth.broker.policy.Audit;
import io.berth.broker.policy.Principal;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Wake;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AtomicBuffer;

/** A client's two rings, in the hands of the thread that rehearses; it never sleeps, but rings. */
final class PlayedClient implements AutoCloseable {
  /** Requests that are submitted at once. */
  static final int BATCH = 16;

  private static final int PAYLOAD_BYTES = 64;
  private static final int RING_BYTES = 1 << 16;
  private static final int HANDLES = 1;
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final SessionMemory memory;
  private final RingWriter requests;
  private final RingReader answers;
  private final Wake wake;
  private final int handle;
  private long sequence;

  private PlayedClient(SessionMemory memory, int bell, int maxInlineBytes, int handle) {
    this.memory = memory;
    this.requests = new RingWriter(memory.client(), memory.broker());
    this.answers = new RingReader(memory.broker(), memory.client(), maxRecordBytes(maxInlineBytes));
    this.wake = new Wake(memory.broker(), () -> Pipes.ring(bell));
    this.handle = handle;
  }

  /** Opens a session and a handle, which the data thread is told. */
  static PlayedClient make(Device device, DataThread data, int maxInlineBytes) throws OsException {
    SessionMemory memory =
        SessionMemory.create(
            "rehearsal", RegionDescriptor.KIND_CLIENT, RING_BYTES, RING_BYTES, 1, 1);
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    Session session =
        new Session(
            1,
            new Principal(0, 0, new int[0], 0, Optional.empty()),
            memory,
            HANDLES,
            BATCH,
            maxInlineBytes);
    Account account = new Account("rehearsal", BATCH);
    Handle handle =
        session
            .handles()
            .open(
                word ->
                    new Handle(
                        word,
                        device.name(),
                        device,
                        device.target(""),
                        1 << permissionBitOf(EchoOperation.ECHO),
                        0,
                        LONGEST_NANOS,
                        device.flow(account),
                        Audit.NONE));
    data.open(session);
    return new PlayedClient(memory, descriptors[2], maxInlineBytes, handle.word());
  }

  /** Publishes a batch of requests. */
  void submit() {
    for (int slot = 0; slot < BATCH; slot++) {
      int at = requests.claim(HEADER_BYTES + PAYLOAD_BYTES, TYPE_REQUEST);
      AtomicBuffer out = requests.buffer();
      out.setMemory(at + CORRELATION_OFFSET, HEADER_BYTES - CORRELATION_OFFSET, (byte) 0);
      out.putLong(at + CORRELATION_OFFSET, ++sequence << 16 | slot);
      out.putInt(at + HANDLE_OFFSET, handle);
      out.putInt(at + OPERATION_OFFSET, EchoOperation.ECHO);
      out.putInt(at + PAYLOAD_BYTES_OFFSET, PAYLOAD_BYTES);
      out.putInt(at + REPLY_LIMIT_OFFSET, PAYLOAD_BYTES);
    }
    requests.publish();
    wake.afterPublication();
  }

  /** Takes what was answered; returns how many answers. */
  int take() {
    int taken = 0;
    while (answers.next() > 0) {
      int status = answers.buffer().getInt(answers.recordIndex() + STATUS_OFFSET);
      if (status != 0) {
        throw new IllegalStateException("a rehearsed request ended with status " + status);
      }
      taken++;
    }
    answers.release();
    return taken;
  }

  @Override
  public void close() {
    memory.close();
  }
}
