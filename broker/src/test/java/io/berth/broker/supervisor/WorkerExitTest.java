// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.device.Death;
import org.junit.jupiter.api.Test;

class WorkerExitTest {
  private static WorkerExit code(int code) {
    return new WorkerExit(code << 8);
  }

  @Test
  void crashes_and_exits_of_its_own_are_its_own_doing() {
    for (int signal : new int[] {4, 6, 7, 8, 11}) {
      assertEquals(Death.BY_ITSELF, new WorkerExit(signal).death(), "signal " + signal);
      assertEquals(Death.BY_ITSELF, new WorkerExit(0x80 | signal).death(), "with a core");
    }
    for (int code : new int[] {1, 69, 70, 78, 134, 255}) {
      assertEquals(Death.BY_ITSELF, code(code).death(), "code " + code);
    }
  }

  @Test
  void what_an_administrator_or_the_kernel_sends_comes_from_outside() {
    assertEquals(Death.FROM_OUTSIDE, new WorkerExit(9).death());
    assertEquals(Death.FROM_OUTSIDE, new WorkerExit(15).death());
    assertEquals(Death.FROM_OUTSIDE, code(0).death());
    assertEquals(Death.FROM_OUTSIDE, code(143).death());
  }

  @Test
  void it_is_named_as_people_know_it() {
    assertEquals("signal 11", new WorkerExit(0x80 | 11).toString());
    assertEquals("exit code 78", code(78).toString());
  }
}
