// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.PlayedClient.call;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.arena.Segment;
import io.berth.broker.dataplane.DataPathHarness.Report;
import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.session.Handle;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.status.Status;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every 4-byte word of the memory that a client writes, its region's header and its whole ring, is
 * overwritten with every boundary value and with random ones: one word at a time, between the
 * publication of a request and the broker's look at it. Each time the client must get an answer,
 * nothing, or its end; a client that shares the device with it must get the right answer; and the
 * worker must see nothing that the hostile one may not ask.
 *
 * <p>The broker has no other memory of a client's mapped: blocks go from the client to the worker.
 */
class OverwrittenWordsTest {
  private static final int RING_BYTES = 4096;

  /** A request with both references and a payload: most of its words mean something. */
  private static final int RECORD_BYTES = HEADER_BYTES + 2 * REFERENCE_BYTES + 24;

  private static final String PAYLOAD = "x".repeat(24);
  private static final String LONGER_PAYLOAD = "x".repeat(24 + REFERENCE_BYTES);

  /** The ring is no multiple of it, so that each lap ends with a padding. */
  private static final int RECORDS_PER_LAP = RING_BYTES / RECORD_BYTES;

  /** As many whole records as one frame of the largest size takes. */
  private static final int RECORDS_PER_LEAP = 8;

  private static final int REQUESTS_BEHIND = 2;

  /** More than the idle passes between two looks at the doorbells. */
  private static final int PASSES = 50;

  /** In which the device empties what is queued for it. */
  private static final int TURNS = 5;

  private static final int INPUT_SEGMENT = 3;
  private static final int OUTPUT_SEGMENT = 4;
  private static final long SEED = 20_261_122;

  /** Among them every type of record, sizes around those of headers, pages, payloads and rings. */
  private static final int[] BOUNDARIES = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    9,
    16,
    63,
    64,
    65,
    256,
    1024,
    RING_BYTES,
    RING_BYTES + 8,
    65_535,
    65_536,
    0x7FFF_FFF8,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    -8,
    -1
  };

  private static final int VALUES = BOUNDARIES.length + 2;
  private static final int RING_OFFSET = RegionDescriptor.ringOffset(Memory.pageBytes());

  private final Random random = new Random(SEED);
  private DataPathHarness harness;
  private PlayedWorker worker;
  private PlayedClient bystander;
  private Handle bystanders;
  private PlayedClient hostile;
  private Handle hostiles;
  private UnsafeBuffer hostileWords;
  private long hostileSequence;
  private long bystanderCalls;
  private int cases;
  private int expelled;
  private int reachedTheDevice;

  @BeforeEach
  void set_up() throws OsException {
    harness = new DataPathHarness(64, 16, 0);
    worker = harness.worker(harness.device, 4);
    bystander = harness.client("uid 1");
    bystanders = bystander.open(harness.device);
  }

  @AfterEach
  void tear_down() {
    harness.close();
  }

  /** A hostile session, if there is none. */
  private void hostileIsThere() throws OsException {
    if (hostile == null) {
      hostile = harness.client("uid 2", 16, RING_BYTES, 1 << 16);
      hostiles = hostile.open(harness.device);
      hostile.segment(harness.device, INPUT_SEGMENT, Segment.INPUT);
      hostile.segment(harness.device, OUTPUT_SEGMENT, Segment.OUTPUT);
      hostileWords =
          new UnsafeBuffer(
              hostile.memory.client().ring().addressOffset() - RING_OFFSET,
              RING_OFFSET + RING_BYTES);
    }
  }

  /** Lets the hostile session write on until its next record is this one in its lap. */
  private void moveTo(int record) {
    int next = next();
    if (next > record) {
      leap(RECORDS_PER_LAP - next);
      next = 0; // Behind the padding that the next record brings along.
    }
    leap(record - next);
  }

  /** Number in its lap of the record that comes next; behind the last one comes a padding. */
  private int next() {
    return (int) (hostile.writer.position() % RING_BYTES) / RECORD_BYTES;
  }

  /** Moves on by so many records with frames that ask for nothing. */
  private void leap(int records) {
    for (int left = records; left > 0; left -= RECORDS_PER_LEAP) {
      int bytes = Math.min(left, RECORDS_PER_LEAP) * RECORD_BYTES;
      int at = hostile.claim(TYPE_CANCEL, bytes);
      hostile.writer.buffer().putInt(at + PAYLOAD_BYTES_OFFSET, bytes - HEADER_BYTES);
      hostile.publish();
      passUntil(this::allIsRead);
    }
  }

  /** Requests of both clients, and a word of the hostile one's memory changed after that. */
  private void overwriteOnce(int offset, int value) throws OsException {
    cases++;
    hostile.write(
        ++hostileSequence << 16,
        hostiles.word(),
        call().input(INPUT_SEGMENT).output(OUTPUT_SEGMENT).payload(PAYLOAD));
    // What stands behind the spoiled record is what a forged length reaches into.
    for (int slot = 1; slot <= REQUESTS_BEHIND; slot++) {
      hostile.write(
          ++hostileSequence << 16 | slot,
          hostiles.word(),
          call().input(INPUT_SEGMENT).payload(LONGER_PAYLOAD));
    }
    String good = "good " + ++bystanderCalls;
    bystander.submit(bystanders, call().payload(good));
    hostileWords.putInt(offset, value);
    passUntil(this::allIsRead);
    List<Answer> answers = List.of();
    for (int turn = 0; turn < TURNS && answers.isEmpty(); turn++) {
      serve(good);
      harness.data.pass();
      answers = bystander.answered();
    }
    assertEquals(1, answers.size(), () -> "answers to the good client");
    assertEquals(Status.OK, answers.get(0).status());
    assertEquals(good, answers.get(0).text());

    // It may have taken its answers, whatever stands in its head now.
    hostile.memory.client().headRelease(hostile.memory.broker().tailAcquire());
    for (Report report : harness.reports) {
      assertSame(hostile.session, report.peer(), report::text);
    }
    if (!harness.reports.isEmpty()) {
      expelled++;
      harness.reports.clear();
      leaveHostile();
    }
  }

  private void passUntil(BooleanSupplier so) {
    for (int pass = 0; pass < PASSES && !so.getAsBoolean(); pass++) {
      harness.data.pass();
    }
    assertTrue(so.getAsBoolean(), "the broker has not read what it may believe to be there");
  }

  private boolean allIsRead() {
    return bystander.memory.broker().headAcquire() == bystander.writer.position()
        && (!harness.reports.isEmpty()
            || hostile.memory.broker().headAcquire() == hostile.memory.client().tailAcquire());
  }

  /** The device does what it is asked. */
  private void serve(String good) {
    for (Taken taken : worker.taken()) {
      if (taken.type() == TYPE_REQUEST) {
        if (!taken.payload().equals(good)) {
          reachedTheDevice++;
          assertTrue(hostiles.allows(taken.operation()), () -> "asked of the device: " + taken);
        }
        worker.end(taken, taken.payload());
      }
    }
  }

  private void leaveHostile() {
    if (hostile != null) {
      harness.closes(hostile);
      worker.take();
      hostile = null;
    }
  }

  private void overwrite(int offset, int value) throws OsException {
    try {
      overwriteOnce(offset, value);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("with " + value + " in the word at " + offset, e);
    }
  }

  private int value(int number) {
    return number < BOUNDARIES.length ? BOUNDARIES[number] : random.nextInt();
  }

  private void assertHarmless(int bytes) {
    assertEquals(bytes / Integer.BYTES * VALUES, cases);
    leaveHostile();
    harness.assertEmpty();
    assertTrue(expelled > 0, "of " + cases + " cases some must cost the session");
    assertTrue(reachedTheDevice > 0, "of " + cases + " cases some must change nothing");
  }

  @Test
  void each_word_of_the_regions_header_harms_nobody_else() throws OsException {
    for (int offset = 0; offset < RING_OFFSET; offset += Integer.BYTES) {
      for (int number = 0; number < VALUES; number++) {
        hostileIsThere();
        overwrite(offset, value(number));
      }
    }
    assertHarmless(RING_OFFSET);
  }

  @Test
  void each_word_of_the_ring_harms_nobody_else() throws OsException {
    for (int word = 0; word < RECORD_BYTES; word += Integer.BYTES) {
      for (int number = 0; number < VALUES; number++) {
        for (int record = 0; record <= RECORDS_PER_LAP; record++) {
          int inRing = record * RECORD_BYTES + word;
          if (inRing < RING_BYTES) {
            hostileIsThere();
            moveTo(record);
            overwrite(RING_OFFSET + inRing, value(number));
          }
        }
      }
    }
    assertHarmless(RING_BYTES);
  }
}
