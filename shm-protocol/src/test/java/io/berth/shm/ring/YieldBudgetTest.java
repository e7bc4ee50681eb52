// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class YieldBudgetTest {
  private final YieldBudget budget = new YieldBudget(50);

  @Test
  void waits_within_the_budget_leave_it_as_it_is() {
    budget.ended(1);
    budget.ended(50);
    assertEquals(50, budget.nanos());
  }

  @Test
  void a_wait_that_a_longer_look_would_have_covered_raises_it() {
    budget.ended(51);
    assertEquals(300, budget.nanos());
    budget.ended(300);
    assertEquals(300, budget.nanos());
  }

  @Test
  void long_waits_bring_it_back_to_the_base_and_no_further() {
    budget.ended(300);
    budget.ended(301);
    assertEquals(150, budget.nanos());
    budget.ended(1_000);
    assertEquals(75, budget.nanos());
    budget.ended(1_000);
    assertEquals(50, budget.nanos());
  }

  @Test
  void without_a_base_there_is_no_yielding() {
    YieldBudget none = new YieldBudget(0);
    none.ended(1);
    none.ended(0);
    assertEquals(0, none.nanos());
  }

  @Test
  void a_base_without_end_stays_without_end() {
    YieldBudget endless = new YieldBudget(Long.MAX_VALUE);
    endless.ended(Long.MAX_VALUE);
    assertEquals(Long.MAX_VALUE, endless.nanos());
  }
}
