// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.Pipes;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Opened;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.status.Reason;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.hostile.Frame;
import io.berth.system.hostile.RawSession;
import io.berth.system.hostile.RawSession.Answer;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.ResourceUse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A client that breaks every rule, beside one that keeps to them and must not notice. */
final class HostileClientTest {
  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private LoadClient bystander;
  private ProcessView brokerProcess;
  private ProcessView worker;
  private Path socket;
  private ResourceUse before;

  @BeforeEach
  void start() throws Exception {
    broker =
        brokers.start(BrokerSetup.make().broker("block_timeout_ms: 200").echoWithLanes("bench", 2));
    broker.awaitEcho("echo:bench");
    socket = broker.setup().socket();
    brokerProcess = broker.view();
    worker = broker.worker("bench");
    bystander = brokers.load(Options.java(broker.socket(), "echo:bench").window(4));
    bystander.awaitMoreAnswers(50);
    try (RawSession warm = RawSession.open(socket)) {
      echo(warm, warm.handle("echo:bench"));
    }
    bystander.awaitMoreAnswers(50);
    before = ResourceUse.of(brokerProcess);
  }

  @AfterEach
  void everybodyElseIsServed() throws Exception {
    bystander.awaitMoreAnswers(50);
    bystander.finish().requireAllAnswered();
    assertTrue(broker.isAlive());
    assertEquals(worker.pid(), broker.worker("bench").pid(), "the worker was never fenced");
    // Nothing of the hostile sessions is left in the broker.
    ResourceUse.awaitNoMoreThan(before, brokerProcess);
  }

  private static void echo(RawSession session, int handle) {
    long correlation = session.nextCorrelation();
    session.put(
        new Frame(handle, EchoOperation.ECHO)
            .correlation(correlation)
            .body(new byte[0], new byte[] {1, 2, 3}));
    Answer answer = session.answer();
    assertNotNull(answer);
    assertEquals(0, answer.statusCode());
    assertEquals(correlation, answer.correlation());
  }

  private static void assertExpelled(Reason reason, RawSession session) throws Exception {
    ControlMessage last = session.awaitEnd();
    Expelled expelled = assertInstanceOf(Expelled.class, last, "the broker's last word");
    assertEquals(reason, expelled.reason(), expelled.text());
  }

  @Test
  void a_tail_beyond_the_ring_costs_the_session() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      session.publish(session.welcome().requestRingBytes() + 8L);
      assertExpelled(Reason.BAD_POSITION, session);
    }
  }

  @Test
  void a_head_ahead_of_what_was_answered_costs_the_session() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      session.own().putLong(RegionDescriptor.HEAD_OFFSET, 1L << 40);
      for (int i = 0; i < session.welcome().maxInFlight() && !session.hungUp(); i++) {
        session.put(
            new Frame(handle, EchoOperation.ECHO)
                .correlation(session.nextCorrelation())
                .replyLimit(4096)
                .body(new byte[0], new byte[4096]));
        // The ring holds few of the largest frames: wait for each answer or the end.
        if (session.answer() == null) {
          break;
        }
        session.own().putLong(RegionDescriptor.HEAD_OFFSET, 1L << 40);
      }
      assertNotNull(session.awaitEnd());
    }
  }

  @Test
  void memory_files_can_be_neither_truncated_nor_punched_to_anybodys_harm() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      assertEquals(-Errno.EPERM, Memory.truncate(session.clientRegion(), 0));
      assertEquals(-Errno.EPERM, Memory.truncate(session.clientRegion(), 1L << 30));
      assertEquals(-Errno.EPERM, Memory.addSeals(session.clientRegion(), Memory.F_SEAL_WRITE));
      assertTrue(Memory.truncate(session.brokerRegion(), 0) < 0);
      assertTrue(
          Memory.map(session.brokerRegion(), 0, 4096, Memory.PROT_READ | Memory.PROT_WRITE, false)
              < 0,
          "the broker's region mapped for writing");
      punchHole(session.clientRegion());
      // The hole reads as zeros: whatever the broker makes of that, it must not end it.
      session.publish(64);
      assertExpelled(Reason.BAD_POSITION, session);
    }
  }

  /** fallocate(1) on the descriptor of this process, as any program of the same user can. */
  private static void punchHole(int fd) throws Exception {
    Path path = Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "fd", "" + fd);
    Process punch =
        new ProcessBuilder("fallocate", "--punch-hole", "-o", "0", "-l", "1048576", "-n", "" + path)
            .redirectErrorStream(true)
            .start();
    punch.getInputStream().readAllBytes();
    assertEquals(0, punch.waitFor(), "fallocate --punch-hole");
  }

  @Test
  void a_blocking_doorbell_does_not_block_the_broker() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      assertTrue(Descriptors.setNonBlocking(session.bellToBroker(), false) >= 0);
      assertTrue(Descriptors.setNonBlocking(session.bellFromBroker(), false) >= 0);
      // Never drained: the broker's rings fill the pipe, and it must go on.
      for (int i = 0; i < 5_000; i++) {
        session.own().putLong(RegionDescriptor.SLEEP_OFFSET, 2L * i + 1);
        echo(session, handle);
      }
    }
  }

  @Test
  void a_full_doorbell_and_a_drained_one_cost_nobody_anything() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      for (int i = 0; i < 100_000; i++) {
        if (Pipes.ring(session.bellToBroker()) == 0) {
          bystander.awaitMoreAnswers(1);
        }
      }
      Pipes.drain(session.bellFromBroker());
      echo(session, handle);
    }
  }

  @Test
  void descriptors_and_garbage_sent_over_the_control_socket_are_closed_and_cost_the_session()
      throws Exception {
    int[] pipe = new int[2];
    for (int i = 0; i < 20; i++) {
      try (RawSession session = RawSession.open(socket)) {
        assertTrue(Pipes.create(pipe) >= 0);
        session.sendBytes(
            ControlCodec.encode(9, new ControlMessage.Open(0, "echo:bench", "")), pipe);
        Descriptors.close(pipe[0]);
        Descriptors.close(pipe[1]);
        session.sendBytes(ByteBuffer.wrap(new byte[] {1, 2, 3}), new int[0]);
        ControlMessage last = session.awaitEnd();
        assertInstanceOf(Expelled.class, last);
      }
    }
  }

  @Test
  void answers_left_unread_in_the_socket_do_not_stop_the_broker() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      // Each answer would bring a descriptor; nobody reads them.
      for (int i = 0; i < 2_000 && !session.hungUp(); i++) {
        session.send(new SegmentAdd(handle, 1, 4096));
      }
      bystander.awaitMoreAnswers(50);
    }
  }

  @Test
  void a_first_message_that_is_no_hello_ends_the_connection() throws Exception {
    ControlMessage[] wrong = {
      new ControlMessage.Goodbye(),
      new ControlMessage.Open(0, "echo:bench", ""),
      new WorkerHello(1, 0, 1, 1, false, "bench"),
      new Hello(99, 0, 0, 0, "from the future")
    };
    for (ControlMessage first : wrong) {
      try (RawSession session = RawSession.connect(socket)) {
        session.send(first);
        assertNotNull(session.awaitEnd(), "no word about " + first);
      }
    }
  }

  @Test
  void a_silent_connection_is_closed_after_the_handshake_timeout() throws Exception {
    try (RawSession session = RawSession.connect(socket)) {
      session.awaitEnd();
    }
  }

  @Test
  void what_policy_does_not_grant_is_refused_and_the_session_lives() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      Refused unknown = assertInstanceOf(Refused.class, session.open("echo:other", 0));
      assertEquals(Reason.NOT_PERMITTED, unknown.reason());
      Refused tooMuch = assertInstanceOf(Refused.class, session.open("echo:bench", 1 << 14));
      assertEquals(Reason.NOT_PERMITTED, tooMuch.reason());
      Refused garbage = assertInstanceOf(Refused.class, session.open("::**//\u0000", 0));
      assertEquals(Reason.NOT_PERMITTED, garbage.reason());
      echo(session, session.handle("echo:bench"));
    }
  }

  @Test
  void foreign_handles_and_operations_outside_the_mask_are_refused_and_the_session_lives()
      throws Exception {
    try (RawSession other = RawSession.open(socket);
        RawSession session = RawSession.open(socket)) {
      // Handles of another session's making, and numbers out of the air.
      for (int i = 0; i < 3; i++) {
        other.handle("echo:bench");
      }
      int foreign = other.handle("echo:bench");
      for (int handle : new int[] {foreign, 0, -1, Integer.MIN_VALUE, 0x7FFF_FFFF}) {
        assertRefused(Reason.STALE_HANDLE, session, new Frame(handle, EchoOperation.ECHO));
      }
      int narrow = ((Opened) session.open("echo:bench", 1)).handle();
      assertRefused(Reason.NOT_PERMITTED, session, new Frame(narrow, HsmOperation.SM2_SIGN));
      assertRefused(Reason.NOT_PERMITTED, session, new Frame(narrow, 32 << 16 | 1));
      assertRefused(Reason.NOT_PERMITTED, session, new Frame(narrow, -1));
      assertRefused(Reason.UNKNOWN_OPERATION, session, new Frame(narrow, 999));
      echo(session, narrow);
      session.send(new ControlMessage.Close(narrow));
      session.receive();
      assertRefused(Reason.STALE_HANDLE, session, new Frame(narrow, EchoOperation.ECHO));
    }
  }

  private static void assertRefused(Reason reason, RawSession session, Frame frame) {
    session.put(frame.correlation(session.nextCorrelation()));
    Answer answer = session.answer();
    assertNotNull(answer, "an END with " + reason);
    assertEquals(reason, Reason.of(answer.reason()), "status " + answer.statusCode());
  }

  @Test
  void absurd_priorities_and_deadlines_are_clamped() throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      for (int priority : new int[] {-1, 4, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        for (long deadline : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, -1, 1}) {
          session.put(
              new Frame(handle, EchoOperation.ECHO)
                  .correlation(session.nextCorrelation())
                  .priority(priority)
                  .deadlineNanos(deadline));
          Answer answer = session.answer();
          assertNotNull(answer);
          boolean expired = Reason.of(answer.reason()) == Reason.EXPIRED_BEFORE_DISPATCH;
          assertTrue(answer.statusCode() == 0 || expired, answer.toString());
        }
      }
      echo(session, handle);
    }
  }

  @Test
  void frames_that_contradict_themselves_cost_the_session() throws Exception {
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.length(60));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.payloadBytes(-1));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.payloadBytes(1 << 20));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.replyLimit(-1));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.replyLimit(1 << 20));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.credit(5));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.type(FrameDescriptor.TYPE_BIND));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.type(77));
    assertCosts(Reason.MALFORMED_FRAME, frame -> frame.flags(FrameDescriptor.FLAG_TRACE));
    assertCosts(Reason.DUPLICATE_CORRELATION, frame -> frame.correlation(0xFFFF));
    assertCosts(Reason.BAD_POSITION, frame -> frame.length(72)); // beyond the tail
    assertCosts(Reason.BAD_POSITION, frame -> frame.length(0));
    assertCosts(Reason.BAD_POSITION, frame -> frame.length(-64));
    assertCosts(Reason.BAD_POSITION, frame -> frame.length(Integer.MAX_VALUE));
    assertCosts(Reason.BAD_POSITION, frame -> frame.type(0));
    assertCosts(Reason.BAD_POSITION, frame -> frame.type(Integer.MIN_VALUE));
  }

  private interface Spoiled {
    Frame spoil(Frame frame);
  }

  private void assertCosts(Reason reason, Spoiled spoiled) throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      Frame frame = new Frame(handle, EchoOperation.ECHO).correlation(session.nextCorrelation());
      session.put(spoiled.spoil(frame));
      assertExpelled(reason, session);
    }
  }

  @Test
  void references_to_what_is_not_ones_own_are_refused() throws Exception {
    try (RawSession owner = RawSession.open(socket);
        RawSession session = RawSession.open(socket)) {
      owner.send(new SegmentAdd(owner.handle("echo:bench"), 1, 65_536));
      assertInstanceOf(SegmentAdded.class, owner.receive().message());
      int handle = session.handle("echo:bench");
      session.send(new SegmentAdd(handle, 1, 65_536));
      SegmentAdded own = assertInstanceOf(SegmentAdded.class, session.receive().message());
      assertTouchRefused(session, handle, own.segment() + 1, own.generation(), 0, 4096);
      assertTouchRefused(session, handle, own.segment(), own.generation() + 1, 0, 4096);
      assertTouchRefused(session, handle, own.segment(), own.generation(), 61_441, 8192);
      assertTouchRefused(session, handle, own.segment(), own.generation(), -1, 16);
      assertTouchRefused(session, handle, own.segment(), own.generation(), 0, -1);
      assertTouchRefused(
          session, handle, own.segment(), own.generation(), Long.MAX_VALUE, Long.MAX_VALUE);
      assertTouchRefused(session, handle, -1, -1, 0, 0);
      echo(session, handle);
    }
  }

  private static void assertTouchRefused(
      RawSession session, int handle, int segment, int generation, long offset, long length) {
    ByteBuffer block =
        ByteBuffer.allocate(FrameDescriptor.REFERENCE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    block.putInt(segment).putInt(generation).putLong(offset).putLong(length);
    session.put(
        new Frame(handle, EchoOperation.TOUCH)
            .correlation(session.nextCorrelation())
            .flags(FrameDescriptor.FLAG_INPUT)
            .body(block.array(), new byte[0]));
    Answer answer = session.answer();
    assertNotNull(answer);
    assertTrue(answer.statusCode() != 0, "an answer to a foreign reference");
  }
}
