// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.SealedMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loop does not run here: the test looks instead of its timer. */
class MemoryReturnsTest {
  private final List<Integer> held = new ArrayList<>();
  private ControlLoop loop;
  private MemoryReturns returns;
  private int returned;

  @BeforeEach
  void set_up() throws OsException {
    loop = new ControlLoop();
    returns = new MemoryReturns(loop);
  }

  @AfterEach
  void tear_down() {
    returns.close();
    held.forEach(Descriptors::close);
    loop.closeDescriptors();
  }

  private void await(boolean isHeld) throws OsException {
    SealedMemory memory = SealedMemory.createForOneWriter("test", 1);
    if (isHeld) {
      held.add(memory.readOnlyDescriptor());
    }
    returns.await(memory.leave(), () -> returned++);
  }

  @Test
  void what_nobody_holds_is_returned_at_once() throws OsException {
    await(false);
    assertEquals(1, returned);
  }

  @Test
  void what_somebody_holds_is_returned_once_when_he_lets_go() throws OsException {
    await(true);
    returns.look();
    assertEquals(0, returned);
    Descriptors.close(held.remove(0));
    returns.look();
    assertEquals(1, returned);
    returns.look();
    assertEquals(1, returned);
  }

  @Test
  void many_that_are_held_are_looked_at_in_turns_and_keep_none_from_being_seen()
      throws OsException {
    for (int i = 0; i < MemoryReturns.LOOKS_PER_TURN; i++) {
      await(true);
    }
    await(true);
    Descriptors.close(held.remove(held.size() - 1));
    returns.look();
    assertEquals(0, returned, "the last one's turn has not come");
    returns.look();
    assertEquals(1, returned);
  }

  @Test
  void a_broker_that_ends_waits_for_nobody() throws OsException {
    await(true);
    returns.close();
    await(true);
    returns.look();
    assertEquals(0, returned);
  }
}
