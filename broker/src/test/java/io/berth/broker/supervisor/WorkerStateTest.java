// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static io.berth.broker.supervisor.WorkerState.*;
import static org.junit.jupiter.api.Assertions.*;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkerStateTest {
  /** The arrows of the drawing in {@link WorkerState}, but for those that start at "any". */
  private static final Map<WorkerState, Set<WorkerState>> ARROWS = new EnumMap<>(WorkerState.class);

  static {
    ARROWS.put(AWAITING_GUARD, EnumSet.of(STARTING, FENCING));
    ARROWS.put(
        STARTING, EnumSet.of(OPENING, FENCING, BACKING_OFF, AWAITING_LOCK, GIVEN_UP, RELEASING));
    ARROWS.put(AWAITING_LOCK, EnumSet.of(STARTING, RELEASING));
    ARROWS.put(OPENING, EnumSet.of(SERVING, FENCING, RELEASING));
    ARROWS.put(SERVING, EnumSet.of(FENCING, RELEASING));
    ARROWS.put(FENCING, EnumSet.of(BACKING_OFF, STUCK, GIVEN_UP, RELEASING));
    ARROWS.put(STUCK, EnumSet.of(BACKING_OFF, GIVEN_UP));
    ARROWS.put(BACKING_OFF, EnumSet.of(STARTING, RELEASING));
    ARROWS.put(RELEASING, EnumSet.of(RELEASED, STUCK));
    ARROWS.put(RELEASED, EnumSet.of(STARTING));
    ARROWS.put(GIVEN_UP, EnumSet.of(STARTING, RELEASING));
    ARROWS.put(STOPPING, EnumSet.of(STOPPED));
    ARROWS.put(STOPPED, EnumSet.noneOf(WorkerState.class));
  }

  private static boolean drawn(WorkerState from, WorkerState to) {
    if (to == STOPPING) {
      return from != STOPPED;
    }
    if (to == STOPPED) {
      return from != STOPPED; // A successor can take over in any state.
    }
    if (to == AWAITING_GUARD) {
      return from != STOPPED && from != STOPPING;
    }
    return ARROWS.get(from).contains(to);
  }

  @Test
  void the_moves_are_those_of_the_drawing() {
    for (WorkerState from : WorkerState.values()) {
      for (WorkerState to : WorkerState.values()) {
        assertEquals(drawn(from, to), from.mayBecome(to), from + " → " + to);
      }
    }
  }

  @Test
  void every_state_but_the_last_can_be_stopped_and_left() {
    for (WorkerState state : WorkerState.values()) {
      assertEquals(state != STOPPED, state.mayBecome(STOPPING), state.toString());
    }
  }

  @Test
  void a_worker_is_started_only_after_the_one_before_is_gone() {
    for (WorkerState holding : EnumSet.of(OPENING, SERVING, FENCING, STUCK, RELEASING)) {
      assertFalse(holding.mayBecome(STARTING), holding.toString());
    }
  }
}
