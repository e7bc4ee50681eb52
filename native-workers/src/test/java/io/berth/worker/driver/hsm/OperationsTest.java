// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.HsmReplay;
import io.berth.worker.driver.Operation;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperationsTest {
  @Test
  void wrong_pins_are_counted_in_one_place_and_nothing_else_is() {
    int[] numbers = HsmReplay.numbers().stream().mapToInt(Integer::intValue).toArray();
    List<Operation> all = Operations.of(numbers);
    for (List<Operation> each : List.of(all, Operations.onLanes(all))) {
      assertEquals(
          List.of(HsmOperation.CHECK_PIN),
          each.stream().filter(Operation::inOnePlace).map(Operation::number).toList());
    }
  }

  @Test
  void what_a_request_can_make_as_long_as_it_likes_stays_on_lanes() {
    int[] numbers = HsmReplay.numbers().stream().mapToInt(Integer::intValue).toArray();
    for (Operation each : Operations.of(numbers)) {
      boolean bounded = each.execution() == Operation.Execution.ANYWHERE;
      assertFalse(bounded && (each.leavesState() || !each.replay().mayRepeat()), each.name());
      assertFalse(
          bounded
              && (each.name().startsWith("RSA")
                  || each.name().startsWith("TEST")
                  || each.name().startsWith("GENERATE")),
          each.name());
    }
  }
}
