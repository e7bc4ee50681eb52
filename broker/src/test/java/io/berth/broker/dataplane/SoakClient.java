// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.*;

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
import org.agrona.concurrent.AtomicBuffer;

/** A client that sends bursts, checks every answer, and sleeps whenever there is none. */
final class SoakClient implements AutoCloseable {
  private static final int RING_BYTES = 1 << 16;
  private static final int MAX_BURST = 16;
  private static final long MAX_DEADLINE_NANOS = 1L << 55;

  final Session session;
  private final SessionMemory memory;
  private final RingWriter requests;
  private final RingReader answers;
  private final Wake wake;
  private final SoakSleeper sleeper;
  private int handleWord;
  private long number;

  SoakClient(int maxInlineBytes) throws OsException {
    memory =
        SessionMemory.create("soak", RegionDescriptor.KIND_CLIENT, RING_BYTES, RING_BYTES, 1, 1);
    Principal principal = new Principal(1000, 1000, new int[0], 4711, Optional.empty());
    session = new Session(1, principal, memory, 1, MAX_BURST, maxInlineBytes);
    requests = new RingWriter(memory.client(), memory.broker());
    answers = new RingReader(memory.broker(), memory.client(), maxRecordBytes(maxInlineBytes));
    int[] descriptors = memory.peerDescriptors();
    Descriptors.close(descriptors[1]);
    wake = new Wake(memory.broker(), () -> Pipes.ring(descriptors[2]));
    sleeper = new SoakSleeper(memory.client(), descriptors[3], 42);
  }

  /** Before the data thread begins. */
  void open(Device device) {
    Account account = new Account("uid 1000", 2 * MAX_BURST);
    Handle handle =
        session
            .handles()
            .open(
                word ->
                    new Handle(
                        word,
                        "echo:soak",
                        device,
                        device.target(""),
                        1,
                        0,
                        MAX_DEADLINE_NANOS,
                        device.flow(account),
                        Audit.NONE));
    handleWord = handle.word();
  }

  /**
   * Has at least so many requests answered, then tells the worker to stop.
   *
   * @return how often it slept
   */
  long run(long least) {
    while (number < least) {
      int burst = 1 + sleeper.next(MAX_BURST);
      long firstNumber = number;
      for (int slot = 0; slot < burst; slot++) {
        send(slot, number++);
        sleeper.dawdle();
      }
      for (long expected = firstNumber; expected < number; expected++) {
        require(awaitAnswer(), expected);
      }
    }
    send(0, SoakWorker.STOP);
    require(awaitAnswer(), SoakWorker.STOP);
    return sleeper.sleeps();
  }

  private void send(int slot, long payload) {
    int at = requests.claim(HEADER_BYTES + Long.BYTES, TYPE_REQUEST);
    if (at < 0) {
      throw new AssertionError("no room for a request");
    }
    AtomicBuffer out = requests.buffer();
    out.setMemory(at + 8, HEADER_BYTES - 8, (byte) 0);
    out.putLong(at + CORRELATION_OFFSET, (payload + 1) << 16 | slot);
    out.putInt(at + HANDLE_OFFSET, handleWord);
    out.putInt(at + OPERATION_OFFSET, EchoOperation.ECHO);
    out.putInt(at + PAYLOAD_BYTES_OFFSET, Long.BYTES);
    out.putInt(at + REPLY_LIMIT_OFFSET, Long.BYTES);
    out.putLong(at + HEADER_BYTES, payload);
    requests.publish();
    if (!wake.afterPublication()) {
      throw new AssertionError("the broker is gone");
    }
  }

  private long awaitAnswer() {
    int length;
    while ((length = answers.next()) == RingReader.NONE) {
      sleeper.sleepUnless(answers::hasNext);
    }
    int at = answers.recordIndex();
    if (length != HEADER_BYTES + Long.BYTES || answers.buffer().getInt(at + STATUS_OFFSET) != 0) {
      throw new AssertionError(
          "answer of "
              + length
              + " bytes, status "
              + Integer.toHexString(answers.buffer().getInt(at + STATUS_OFFSET)));
    }
    long payload = answers.buffer().getLong(at + HEADER_BYTES);
    answers.release();
    return payload;
  }

  private static void require(long found, long expected) {
    if (found != expected) {
      throw new AssertionError("answer " + found + " instead of " + expected);
    }
  }

  /** After the data thread has let go of it. */
  @Override
  public void close() {
    sleeper.close();
    memory.close();
  }
}
