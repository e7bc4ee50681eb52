// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PipesTest {
  private final int[] ends = new int[2];

  @BeforeEach
  void create() {
    assertEquals(0, Pipes.create(ends));
  }

  @AfterEach
  void close() {
    Descriptors.close(ends[0]);
    Descriptors.close(ends[1]);
  }

  /** The number may soon be somebody else's: it must not be closed again. */
  private void closeAndForget(int end) {
    assertEquals(0, Descriptors.close(ends[end]));
    ends[end] = -1;
  }

  @Test
  void a_ring_is_heard_once() {
    assertEquals(0, Pipes.drain(ends[0]));
    assertEquals(1, Pipes.ring(ends[1]));
    assertEquals(1, Pipes.ring(ends[1]));
    assertEquals(2, Pipes.drain(ends[0]));
    assertEquals(0, Pipes.drain(ends[0]));
  }

  @Test
  void a_full_pipe_has_been_rung_already() {
    int capacity = Pipes.capacity(ends[1]);
    int rung = 0;
    while (Pipes.ring(ends[1]) == 1) {
      rung++;
      assertTrue(rung <= capacity);
    }
    assertEquals(capacity, rung);
    assertEquals(0, Pipes.ring(ends[1]));
    int drained = 0;
    for (int taken = Pipes.drain(ends[0]); taken > 0; taken = Pipes.drain(ends[0])) {
      drained += taken;
    }
    assertEquals(rung, drained);
    assertEquals(1, Pipes.ring(ends[1]));
  }

  @Test
  void the_end_is_distinct_from_silence_and_comes_after_what_was_rung() {
    assertEquals(1, Pipes.ring(ends[1]));
    closeAndForget(1);
    assertEquals(1, Pipes.drain(ends[0]));
    assertEquals(Pipes.END_OF_FILE, Pipes.drain(ends[0]));
    assertNotEquals(0, Pipes.END_OF_FILE);
  }

  @Test
  void a_ring_that_nobody_can_hear_is_epipe_and_no_signal() {
    closeAndForget(0);
    assertEquals(-Errno.EPIPE, Pipes.ring(ends[1]));
  }

  @Test
  void clearing_non_blocking_on_one_end_leaves_the_other_alone() throws OsException {
    assertEquals(0, Descriptors.setNonBlocking(ends[0], false));
    assertEquals(0, Descriptors.statusFlags(ends[0]) & Descriptors.O_NONBLOCK);
    assertEquals(Descriptors.O_NONBLOCK, Descriptors.statusFlags(ends[1]) & Descriptors.O_NONBLOCK);
    assertTrue(Descriptors.isCloseOnExec(ends[0]));
    assertTrue(Descriptors.isCloseOnExec(ends[1]));
  }

  @Test
  void the_wrong_end_and_a_bad_descriptor_are_errors() {
    assertEquals(-Errno.EBADF, Pipes.ring(ends[0]));
    assertEquals(-Errno.EBADF, Pipes.drain(ends[1]));
    assertEquals(-Errno.EBADF, Pipes.ring(-1));
    assertEquals(-Errno.EBADF, Pipes.drain(-1));
    assertEquals(-Errno.EINVAL, Pipes.create(new int[1]));
  }

  @Test
  void poll_tells_what_a_descriptor_is_ready_for() {
    assertEquals(0, Descriptors.poll(ends[0], Descriptors.POLLIN, 0));
    assertEquals(Descriptors.POLLOUT, Descriptors.poll(ends[1], Descriptors.POLLOUT, -1));
    assertEquals(1, Pipes.ring(ends[1]));
    assertEquals(Descriptors.POLLIN, Descriptors.poll(ends[0], Descriptors.POLLIN, -1));
    closeAndForget(0);
    assertEquals(Descriptors.POLLERR, Descriptors.poll(ends[1], 0, -1) & Descriptors.POLLERR);
    assertEquals(Descriptors.POLLNVAL, Descriptors.poll(1 << 20, 0, -1));
  }
}
