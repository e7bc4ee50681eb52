// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Goodbye;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.control.ControlMessage.SegmentDrop;
import io.berth.shm.control.ControlMessage.Welcome;
import io.berth.shm.status.Reason;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.hostile.RawSession;
import io.berth.system.hostile.RawSession.Received;
import io.berth.system.process.Await;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Clients that keep what they were given and have given back, or left: its pages were allocated by
 * the broker and would stay charged to it, whatever its budget says.
 */
final class KeptMemoryTest {
  private static final int MIB = 1 << 20;
  private static final int INPUT = 1;
  private static final int SEGMENT_BYTES = 8 * MIB;

  /** Twice 4 MB, and a page each. */
  private static final int RING_BYTES = 4 * MIB;

  @RegisterExtension final Brokers brokers = new Brokers();

  private Path socket;

  @BeforeEach
  void start() throws Exception {
    RunningBroker broker =
        brokers.start(
            BrokerSetup.make()
                .broker("memory_limit_mb: 64")
                .broker("arena: {max_segment_mb: 8, max_mb_per_session: 8, max_mb_total: 16}")
                .echoWithLanes("bench", 1));
    broker.awaitEcho("echo:bench");
    socket = broker.setup().socket();
  }

  @Test
  void segments_that_were_dropped_and_kept_are_empty_and_cost_the_broker_nothing()
      throws Exception {
    List<ByteBuffer> kept = new ArrayList<>();
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      for (int i = 0; i < 8; i++) {
        Received answer = awaitSegment(session, handle);
        SegmentAdded added = (SegmentAdded) answer.message();
        ByteBuffer bytes = map(answer.descriptors()[0]);
        for (int at = 0; at < SEGMENT_BYTES; at += Memory.pageBytes()) {
          bytes.put(at, (byte) 7);
        }
        kept.add(bytes);
        session.send(new SegmentDrop(added.segment(), added.generation()));
      }
      awaitSegment(session, handle); // So the last of them has been taken, too.
      for (ByteBuffer each : kept) {
        for (int at = 0; at < SEGMENT_BYTES; at += Memory.pageBytes()) {
          assertEquals(0, each.get(at), "of what was dropped");
        }
      }
    } finally {
      for (ByteBuffer each : kept) {
        Memory.unmap(Memory.addressOf(each), each.capacity());
      }
    }
  }

  private static ByteBuffer map(int descriptor) throws OsException {
    return Memory.view(
        OsException.check(
            "mmap",
            Memory.map(descriptor, 0, SEGMENT_BYTES, Memory.PROT_READ | Memory.PROT_WRITE, true)),
        SEGMENT_BYTES);
  }

  /** Asks until the broker has the one before back. */
  private static Received awaitSegment(RawSession session, int handle) {
    Received[] last = new Received[1];
    Await.until(
        "a segment",
        () -> {
          session.send(new SegmentAdd(handle, INPUT, SEGMENT_BYTES));
          last[0] = receive(session);
          if (last[0].message() instanceof Refused refused) {
            assertEquals(Reason.BUDGET_EXCEEDED, refused.reason(), refused.text());
          }
          return last[0].message() instanceof SegmentAdded;
        },
        () -> "but " + last[0].message());
    return last[0];
  }

  private static Received receive(RawSession session) {
    try {
      return session.receive();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void rings_of_sessions_that_were_left_count_until_they_are_let_go() throws Exception {
    List<RawSession> left = new ArrayList<>();
    try {
      String refusal = null;
      for (int i = 0; i < 16 && refusal == null; i++) {
        RawSession session = RawSession.connect(socket);
        left.add(session);
        ControlMessage answer = greet(session);
        if (answer instanceof Welcome) {
          session.send(new Goodbye());
          session.awaitEnd();
        } else {
          refusal = assertInstanceOf(Refused.class, answer).text();
        }
      }
      assertTrue(refusal != null && refusal.contains("shared memory"), refusal);
    } finally {
      left.forEach(RawSession::close);
    }
    Await.until("there is room again", this::isWelcome);
  }

  private static ControlMessage greet(RawSession session) {
    session.send(
        new Hello(ControlMessage.MAJOR, ControlMessage.MINOR, RING_BYTES, RING_BYTES, "keeper"));
    return receive(session).message();
  }

  private boolean isWelcome() {
    try (RawSession session = RawSession.connect(socket)) {
      return greet(session) instanceof Welcome;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
