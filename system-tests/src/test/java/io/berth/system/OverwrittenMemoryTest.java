// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.control.ControlMessage.SegmentAdd;
import io.berth.shm.control.ControlMessage.SegmentAdded;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.region.RegionDescriptor;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.hostile.Frame;
import io.berth.system.hostile.RawSession;
import io.berth.system.hostile.RawSession.Answer;
import io.berth.system.hostile.RawSession.Received;
import io.berth.system.load.LoadClient;
import io.berth.system.load.LoadClient.Options;
import io.berth.system.process.ProcessView;
import io.berth.system.watch.ResourceUse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A client that overwrites the memory which it shares with a real broker and a real worker. Each
 * time another client of the same device must get the right answer; a third one is at work all the
 * time. That every word takes every value is shown inside the broker (its {@code
 * OverwrittenWordsTest}); here every word takes some.
 */
final class OverwrittenMemoryTest {
  private static final int SEEDS = Boolean.getBoolean("berth.soak") ? 2_000 : 60;
  private static final int RING_BYTES = 4096;
  private static final int BLOCK_BYTES = 64 * 1024;
  private static final int PAYLOAD_BYTES = 40;

  private static final int[] BOUNDARIES = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    9,
    63,
    64,
    RING_BYTES,
    65_536,
    0x7FFF_FFF8,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    -8,
    -1
  };

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private LoadClient bystander;
  private ProcessView brokerProcess;
  private ProcessView worker;
  private Path socket;
  private ResourceUse before;
  private RawSession good;
  private int goodHandle;
  private int goodCalls;

  @BeforeEach
  void start() throws Exception {
    // The device does not crash on request: whatever becomes of an operation's word, no worker may
    // end. Frames are small so that the smallest ring takes them.
    broker =
        brokers.start(
            BrokerSetup.make()
                .broker("max_inline_bytes: 512")
                .device("bench", "echo", "echo", "    lanes: 2\n    settings: {mode: lanes}\n"));
    broker.awaitEcho("echo:bench");
    socket = broker.setup().socket();
    brokerProcess = broker.view();
    worker = broker.worker("bench");
    bystander = brokers.load(Options.java(broker.socket(), "echo:bench").window(2));
    good = RawSession.open(socket);
    goodHandle = good.handle("echo:bench");
    try (RawSession warm = RawSession.connect(socket).hello(RING_BYTES, 0)) {
      warm.handle("echo:bench");
      othersAreServed();
    }
    bystander.awaitMoreAnswers(50);
    before = ResourceUse.of(brokerProcess);
  }

  @AfterEach
  void nothingIsLeftOfIt() throws Exception {
    othersAreServed();
    // While the others are still there, as before.
    ResourceUse.awaitNoMoreThan(before, brokerProcess);
    good.close();
    bystander.awaitMoreAnswers(50);
    bystander.finish().requireAllAnswered();
    assertTrue(broker.isAlive());
    assertEquals(worker.pid(), broker.worker("bench").pid(), "the worker was never fenced");
  }

  /** A request with a payload of its own comes back with it. */
  private void othersAreServed() {
    byte[] payload = ByteBuffer.allocate(PAYLOAD_BYTES).putInt(++goodCalls).array();
    long correlation = good.nextCorrelation();
    good.put(
        new Frame(goodHandle, EchoOperation.ECHO)
            .correlation(correlation)
            .body(new byte[0], payload));
    Answer answer = good.answer();
    assertNotNull(answer, "the good client has lost its session");
    assertEquals(0, answer.statusCode());
    assertEquals(correlation, answer.correlation());
    assertArrayEquals(payload, answer.payload());
  }

  private static Frame echo(RawSession session, int handle) {
    return new Frame(handle, EchoOperation.ECHO)
        .correlation(session.nextCorrelation())
        .body(new byte[0], new byte[PAYLOAD_BYTES]);
  }

  /** Fills a fresh ring with requests, spoils one word, and lets the broker have it all. */
  private void overwrite(int offset, int value) throws Exception {
    int ringOffset = RegionDescriptor.ringOffset(Memory.pageBytes());
    try (RawSession session = RawSession.connect(socket).hello(RING_BYTES, 0)) {
      assertEquals(ringOffset + RING_BYTES, session.own().capacity());
      int handle = session.handle("echo:bench");
      int frameBytes = FrameDescriptor.HEADER_BYTES + PAYLOAD_BYTES;
      for (int i = 0; i < RING_BYTES / frameBytes; i++) {
        session.write(echo(session, handle));
      }
      if (offset >= ringOffset) {
        session.own().putInt(offset, value);
        session.publish();
      } else {
        session.publish();
        session.own().putInt(offset, value);
        Pipes.ring(session.bellToBroker());
      }
      othersAreServed();
      session.awaitRead();
    }
  }

  @Test
  void each_word_of_the_region_overwritten_in_turn_harms_nobody_else() throws Exception {
    int words = (RegionDescriptor.ringOffset(Memory.pageBytes()) + RING_BYTES) / Integer.BYTES;
    Random random = new Random(words);
    for (int word = 0; word < words; word++) {
      int[] values = {BOUNDARIES[word % BOUNDARIES.length], random.nextInt()};
      for (int value : values) {
        try {
          overwrite(word * Integer.BYTES, value);
        } catch (AssertionError e) {
          throw new AssertionError("with " + value + " in word " + word, e);
        }
      }
    }
  }

  @Test
  void all_words_of_the_region_set_to_a_value_at_once_harm_nobody_else() throws Exception {
    for (int value : BOUNDARIES) {
      try (RawSession session = RawSession.open(socket)) {
        session.handle("echo:bench");
        for (int at = 0; at < session.own().capacity(); at += Integer.BYTES) {
          session.own().putInt(at, value);
        }
        Pipes.ring(session.bellToBroker());
        othersAreServed();
      }
    }
  }

  @Test
  void seeded_random_words_over_the_whole_region_harm_nobody_else() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      try (RawSession session = RawSession.open(socket)) {
        int handle = session.handle("echo:bench");
        int ringOffset = RegionDescriptor.ringOffset(Memory.pageBytes());
        for (int i = 0; i < 4; i++) {
          session.put(echo(session, handle));
        }
        // The broker reads at the same time.
        for (int i = 0; i < 200; i++) {
          int at =
              random.nextBoolean()
                  ? random.nextInt(RegionDescriptor.WORDS_END_OFFSET / 4) * 4
                  : ringOffset + random.nextInt(1024 / 4) * 4;
          int value =
              random.nextBoolean()
                  ? BOUNDARIES[random.nextInt(BOUNDARIES.length)]
                  : random.nextInt();
          session.own().putInt(at, value);
          if (i % 50 == 0) {
            session.publish((long) random.nextInt(4096) & -8L);
          }
        }
      }
      othersAreServed();
    }
  }

  /** A segment and this process's mapping of it. */
  private record Mapped(SegmentAdded segment, long address, ByteBuffer bytes)
      implements AutoCloseable {

    static Mapped add(RawSession session, int handle, int direction) throws Exception {
      session.send(new SegmentAdd(handle, direction, BLOCK_BYTES));
      Received answer = session.receive();
      SegmentAdded added = assertInstanceOf(SegmentAdded.class, answer.message());
      int protection = direction == 1 ? Memory.PROT_READ | Memory.PROT_WRITE : Memory.PROT_READ;
      long address =
          OsException.check(
              "mmap", Memory.map(answer.descriptors()[0], 0, BLOCK_BYTES, protection, false));
      return new Mapped(added, address, Memory.view(address, BLOCK_BYTES));
    }

    void refer(ByteBuffer references) {
      references.putInt(segment.segment()).putInt(segment.generation());
      references.putLong(0).putLong(BLOCK_BYTES);
    }

    @Override
    public void close() {
      Memory.unmap(address, BLOCK_BYTES);
    }
  }

  @Test
  void every_word_of_a_block_set_to_every_value_arrives_as_it_is_or_torn_but_harms_nobody()
      throws Exception {
    try (RawSession session = RawSession.open(socket)) {
      int handle = session.handle("echo:bench");
      try (Mapped input = Mapped.add(session, handle, 1);
          Mapped output = Mapped.add(session, handle, 2)) {
        ByteBuffer references =
            ByteBuffer.allocate(2 * FrameDescriptor.REFERENCE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        input.refer(references);
        output.refer(references);
        Random random = new Random(BLOCK_BYTES);
        for (int number = 0; number < 2 * BOUNDARIES.length; number++) {
          int value = number < BOUNDARIES.length ? BOUNDARIES[number] : random.nextInt();
          fill(input.bytes(), value);
          call(session, handle, references.array());
          assertAnswered(session);
          assertEquals(input.bytes().clear(), output.bytes().clear(), "filled with " + value);
          // And while the worker reads it.
          call(session, handle, references.array());
          fill(input.bytes(), ~value);
          othersAreServed();
          assertAnswered(session);
        }
      }
    }
  }

  private static void fill(ByteBuffer block, int value) {
    for (int at = 0; at < block.capacity(); at += Integer.BYTES) {
      block.putInt(at, value);
    }
  }

  private static void call(RawSession session, int handle, byte[] references) {
    session.put(
        new Frame(handle, EchoOperation.ECHO)
            .correlation(session.nextCorrelation())
            .flags(FrameDescriptor.FLAG_INPUT | FrameDescriptor.FLAG_OUTPUT)
            .body(references, new byte[0]));
  }

  private static void assertAnswered(RawSession session) {
    Answer answer = session.answer();
    assertNotNull(answer, "the session is lost by what stands in a block");
    assertEquals(0, answer.statusCode());
  }
}
