// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static io.berth.broker.journal.feed.FeedDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.control.ControlLoop;
import io.berth.broker.journal.AuditRecord;
import io.berth.broker.journal.AuditRecordCodec;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.OsException;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The feeder alone, on this thread, against journal processes that the test plays. */
class AuditFeederTest {
  /** What the journal's end of a link does. */
  private static final class PlayedJournal {
    final SessionMemory memory;
    final RingReader entries;
    final RingWriter statuses;

    PlayedJournal(int link) throws OsException {
      memory =
          SessionMemory.create(
              "journal",
              RegionDescriptor.KIND_WORKER,
              STATUS_RING_BYTES,
              ENTRY_RING_BYTES,
              link,
              1);
      entries = new RingReader(memory.broker(), memory.client(), MAX_ENTRY_BYTES);
      statuses = new RingWriter(memory.client(), memory.broker());
    }

    void tell(int state, long stored, long head, long salvaged) {
      int index = statuses.claim(STATUS_BYTES, TYPE_STATUS);
      statuses.buffer().putLong(index + STATE_OFFSET, state);
      statuses.buffer().putLong(index + STORED_OFFSET, stored);
      statuses.buffer().putLong(index + HEAD_OFFSET, head);
      statuses.buffer().putLong(index + SALVAGED_OFFSET, salvaged);
      statuses.publish();
    }

    /** The numbers of the entries that are in the ring. */
    List<Integer> take() throws Exception {
      List<Integer> numbers = new ArrayList<>();
      int length;
      while ((length = entries.next()) > 0) {
        byte[] copy = new byte[length - ENTRY_OFFSET];
        entries.buffer().getBytes(entries.recordIndex() + ENTRY_OFFSET, copy);
        AuditRecord record = AuditRecordCodec.decode(copy);
        numbers.add(Integer.parseInt(record.entry().detail().substring(2)));
      }
      return numbers;
    }
  }

  private final List<String> broken = new ArrayList<>();
  private ControlLoop loop;
  private FeederBell bell;
  private KeyUses keyUses;
  private AuditFeeder feeder;

  @BeforeEach
  void feeder() throws OsException {
    loop = new ControlLoop();
    bell = new FeederBell();
    keyUses = new KeyUses(true, 64, bell);
    feeder = new AuditFeeder(loop, bell, keyUses);
    feeder.begin(broken::add);
  }

  @AfterEach
  void close() {
    loop.closeDescriptors();
    bell.close();
  }

  private void offer(int from, int to) {
    for (int i = from; i < to; i++) {
      feeder.offer(AuditHost.numbered(i));
    }
  }

  /** Lets the feeder look, as its bell would. */
  private void look() {
    feeder.flush(() -> {});
  }

  @Test
  void nothing_is_fed_before_the_journal_has_spoken_or_while_it_is_full() throws Exception {
    PlayedJournal journal = new PlayedJournal(1);
    feeder.attached(journal.memory);
    offer(0, 3);
    look();
    assertEquals(List.of(), journal.take());
    journal.tell(STATE_FULL, 0, 5, 0);
    look();
    assertEquals(List.of(), journal.take());
    assertFalse(keyUses.isAvailable());
    assertEquals("full; 3 records wait", feeder.state());
    journal.tell(STATE_OPEN, 0, 5, 0);
    look();
    assertEquals(List.of(0, 1, 2), journal.take());
    assertTrue(keyUses.isAvailable());
    feeder.detached();
    journal.memory.close();
  }

  @Test
  void a_successor_gets_what_was_neither_acknowledged_nor_salvaged() throws Exception {
    PlayedJournal dead = new PlayedJournal(1);
    feeder.attached(dead.memory);
    dead.tell(STATE_OPEN, 0, 100, 0);
    offer(0, 10);
    look();
    assertEquals(10, dead.take().size());
    // Said, but the feeder had not looked yet when the process died: it counts.
    dead.tell(STATE_OPEN, 3, 103, 0);
    feeder.detached();
    dead.memory.close();
    assertEquals(3, feeder.stored());
    assertEquals(103, feeder.acknowledgedSequence());
    assertFalse(keyUses.isAvailable());

    PlayedJournal next = new PlayedJournal(2);
    feeder.attached(next.memory);
    // Two more were stored by the dead one, which could not say so any more.
    next.tell(STATE_OPEN, 0, 106, 2);
    offer(10, 12);
    look();
    assertEquals(List.of(5, 6, 7, 8, 9, 10, 11), next.take());
    assertEquals(5, feeder.stored());
    next.tell(STATE_OPEN, 7, 113, 2);
    look();
    assertEquals(12, feeder.stored(), "salvaged ones are counted once");
    assertEquals(List.of(), broken);
    feeder.detached();
    next.memory.close();
  }

  @Test
  void a_journal_that_claims_more_than_it_was_given_is_ended() throws Exception {
    PlayedJournal journal = new PlayedJournal(1);
    feeder.attached(journal.memory);
    journal.tell(STATE_OPEN, 0, 1, 0);
    offer(0, 2);
    look();
    journal.tell(STATE_OPEN, 3, 4, 0);
    look();
    assertTrue(broken.get(0).contains("stored 3 of 2"), broken.toString());
    assertEquals(0, feeder.stored());
    feeder.detached();
    journal.memory.close();
  }
}
