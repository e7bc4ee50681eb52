// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  private final MemoryBudget budget = new MemoryBudget(1_000, 600, 3, 2, new SegmentLimits(3, 2));

  @Test
  void memory_of_one_uid_is_limited() {
    assertNull(budget.takeSession(1, 400));
    assertEquals("shared memory of uid 1: 400 + 201 bytes > 600", budget.takeSession(1, 201));
    assertNull(budget.takeSession(1, 200));
    assertEquals(600, budget.bytes());
  }

  @Test
  void memory_in_total_is_limited() {
    assertNull(budget.takeSession(1, 600));
    assertEquals("shared memory 600 + 401 bytes > 1000", budget.takeSession(2, 401));
    assertNull(budget.takeSession(2, 400));
  }

  @Test
  void sessions_of_one_uid_and_in_total_are_limited() {
    assertNull(budget.takeSession(1, 1));
    assertNull(budget.takeSession(1, 1));
    assertEquals("sessions of uid 1: 2 >= 2", budget.takeSession(1, 1));
    assertNull(budget.takeSession(2, 1));
    assertEquals("sessions 3 >= 3", budget.takeSession(3, 1));
  }

  @Test
  void a_refusal_takes_nothing() {
    assertNotNull(budget.takeSession(1, 601));
    assertNotNull(budget.takeBytes(1, Long.MAX_VALUE));
    assertEquals(0, budget.sessions());
    assertEquals(0, budget.bytes());
  }

  @Test
  void what_is_returned_can_be_taken_again() {
    for (int i = 0; i < 100; i++) {
      assertNull(budget.takeSession(1, 300));
      assertNull(budget.takeBytes(1, 300));
      assertNotNull(budget.takeBytes(1, 1));
      budget.returnBytes(1, 300);
      budget.returnSession(1, 300);
      assertEquals(0, budget.sessions());
      assertEquals(0, budget.bytes());
    }
  }

  @Test
  void huge_asks_do_not_overflow() {
    assertNull(budget.takeSession(1, 500));
    assertNotNull(budget.takeBytes(1, Long.MAX_VALUE));
    assertNotNull(budget.takeBytes(2, Long.MAX_VALUE - 10));
  }

  @Test
  void segments_of_one_uid_and_in_total_are_limited_however_small_they_are() {
    assertNull(budget.takeSegment(1, 1, 500));
    assertNull(budget.takeSegment(1, 1, 500));
    assertEquals("segments of uid 1: 2 >= 2", budget.takeSegment(1, 1, 500));
    assertNull(budget.takeSegment(2, 1, 500));
    assertEquals("segments 3 >= 3", budget.takeSegment(3, 1, 500));
    assertEquals(3, budget.segments());
    budget.returnSegment(1, 1);
    assertNull(budget.takeSegment(3, 1, 500));
  }

  @Test
  void a_segment_that_is_refused_for_its_size_does_not_count() {
    assertEquals("arenas 0 + 501 bytes > 500", budget.takeSegment(1, 501, 500));
    assertEquals("shared memory of uid 1: 0 + 601 bytes > 600", budget.takeSegment(1, 601, 900));
    assertEquals(0, budget.segments());
    assertEquals(0, budget.bytes());
  }
}
