// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.request;

import static io.berth.broker.request.RequestState.*;
import static io.berth.broker.request.RequestTable.NIL;
import static org.junit.jupiter.api.Assertions.*;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequestTableTest {
  /** The arrows of the drawing in {@link RequestState}. */
  private static final Map<RequestState, Set<RequestState>> ARROWS =
      Map.of(
          FREE, EnumSet.of(QUEUED),
          QUEUED, EnumSet.of(IN_FLIGHT, FREE),
          IN_FLIGHT, EnumSet.of(FREE, QUEUED, ABANDONED),
          ABANDONED, EnumSet.of(FREE));

  private final RequestTable table = new RequestTable(8, 100);

  private int admit() {
    int slot = table.peekFree();
    table.admit(slot, null, null, 1, 50, 10, 2, 3);
    return slot;
  }

  private int admitInto(RequestState state) {
    int slot = admit();
    if (state == IN_FLIGHT || state == ABANDONED) {
      table.move(slot, IN_FLIGHT);
    }
    if (state == ABANDONED) {
      table.move(slot, ABANDONED);
    }
    return slot;
  }

  @Test
  void each_module_that_began_a_request_is_named_once_and_whole() {
    int slot = admit();
    assertNull(table.begunBy(slot));
    table.alsoBegunBy(slot, "hsm:p/ab, CARD 10");
    table.alsoBegunBy(slot, "hsm:p/a");
    table.alsoBegunBy(slot, "hsm:p/ab, CARD 1");
    table.alsoBegunBy(slot, "hsm:p/a");
    assertEquals("hsm:p/ab, CARD 10; hsm:p/a; hsm:p/ab, CARD 1", table.begunBy(slot));
  }

  @Test
  void the_moves_are_those_of_the_drawing_and_others_name_both_states() {
    for (RequestState from : RequestState.values()) {
      for (RequestState to : RequestState.values()) {
        RequestTable fresh = new RequestTable(8, 100);
        int slot = 0;
        if (from != FREE) {
          fresh.admit(slot, null, null, 1, 50, 10, 2, 3);
        }
        if (from == IN_FLIGHT || from == ABANDONED) {
          fresh.move(slot, IN_FLIGHT);
        }
        if (from == ABANDONED) {
          fresh.move(slot, ABANDONED);
        }
        if (ARROWS.get(from).contains(to)) {
          fresh.move(slot, to);
          assertEquals(to, fresh.state(slot));
        } else {
          String text =
              assertThrows(IllegalStateException.class, () -> fresh.move(slot, to)).getMessage();
          assertTrue(text.contains(from + " → " + to), text);
        }
      }
    }
  }

  @Test
  void all_slots_can_be_used_and_come_back() {
    Random random = new Random(1);
    Set<Integer> used = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      if (random.nextBoolean() && table.peekFree() != NIL) {
        assertTrue(used.add(admit()), "a slot given out twice");
      } else if (!used.isEmpty()) {
        int slot = used.iterator().next();
        used.remove(slot);
        table.move(slot, FREE);
      }
      assertEquals(used.size(), table.used());
      assertEquals(used.size() == 8, table.peekFree() == NIL);
      used.forEach(slot -> assertTrue(slot < table.highWater()));
    }
  }

  @Test
  void a_worker_correlation_is_good_for_one_use_of_the_slot_while_a_worker_has_it() {
    int slot = admitInto(QUEUED);
    long correlation = table.workerCorrelation(slot);
    assertEquals(NIL, table.slotOf(correlation), "not yet with a worker");
    table.move(slot, IN_FLIGHT);
    assertEquals(slot, table.slotOf(correlation));
    table.move(slot, ABANDONED);
    assertEquals(slot, table.slotOf(correlation));
    table.move(slot, FREE);
    assertEquals(NIL, table.slotOf(correlation));
    assertEquals(slot, admitInto(IN_FLIGHT));
    assertEquals(NIL, table.slotOf(correlation), "the slot's next use");
  }

  @Test
  void foreign_correlations_belong_to_nobody() {
    int slot = admitInto(IN_FLIGHT);
    long right = table.workerCorrelation(slot);
    Random random = new Random(2);
    for (int i = 0; i < 100_000; i++) {
      long word = random.nextBoolean() ? random.nextLong() : random.nextInt(64) - 32;
      if (word != right) {
        assertEquals(NIL, table.slotOf(word));
      }
    }
    assertEquals(NIL, table.slotOf(-1));
    assertEquals(NIL, table.slotOf(8));
  }

  @Test
  void an_abandoned_request_has_no_deadline_any_more() {
    int slot = admitInto(IN_FLIGHT);
    assertEquals(50, table.deadlineNanos(slot));
    table.move(slot, ABANDONED);
    assertEquals(Long.MAX_VALUE, table.deadlineNanos(slot));
  }

  @Test
  void records_of_slots_do_not_overlap_whether_short_or_long() {
    RequestTable long4K = new RequestTable(8, 4096);
    int capacity = long4K.records().capacity();
    byte[] owner = new byte[capacity];
    for (int slot = 0; slot < 8; slot++) {
      for (int bytes : new int[] {64, 256, 257, 4096}) {
        assertSame(long4K.frame(slot), long4K.place(slot, bytes));
        assertEquals(bytes, long4K.frame(slot).length());
        int index = long4K.recordIndex(slot);
        assertTrue(index + bytes <= capacity);
        for (int at = index; at < index + bytes; at++) {
          assertTrue(owner[at] == 0 || owner[at] == slot + 1, "byte " + at);
          owner[at] = (byte) (slot + 1);
        }
      }
    }
  }
}
