// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.nio.ByteBuffer;
import java.util.concurrent.FutureTask;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class HeapSharesTest {
  private static final int MIB = 1 << 20;

  /** With room for 32 MiB. */
  private final HeapShares shares = HeapShares.of(96L * MIB);

  private static Request input(int bytes) {
    return new Asked(ByteBuffer.allocate(bytes), Long.MAX_VALUE, false);
  }

  @Test
  void what_fits_is_taken_and_given_back() throws Exception {
    for (int i = 0; i < 100; i++) {
      shares.take(input(16 * MIB), 2).close();
      shares.take(input(32 * MIB), 1).close();
    }
  }

  @Test
  void what_never_fits_is_told_with_what_would() {
    RequestException refused =
        assertThrows(RequestException.class, () -> shares.take(input(16 * MIB + 1), 2));
    assertEquals(Status.INVALID_ARGUMENT, refused.status());
    assertTrue(refused.getMessage().contains("16777217 bytes > 16777216"), refused.getMessage());
    assertTrue(refused.getMessage().contains("java_options"), refused.getMessage());
  }

  @Test
  void short_inputs_and_none_are_not_counted() throws Exception {
    HeapShares.Share all = shares.take(input(32 * MIB), 1);
    shares.take(input(64 << 10), 2);
    shares.take(new Asked(null, Long.MAX_VALUE, false), 2);
    all.close();
  }

  @Test
  void who_finds_too_little_left_waits_until_another_ends() throws Exception {
    HeapShares.Share first = shares.take(input(20 * MIB), 1);
    FutureTask<HeapShares.Share> second = new FutureTask<>(() -> shares.take(input(20 * MIB), 1));
    Thread waiting = new Thread(second);
    waiting.start();
    while (waiting.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(waiting.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
    assertFalse(second.isDone());
    first.close();
    second.get().close();
    shares.take(input(32 * MIB), 1).close();
  }

  @Test
  void nobody_waits_for_what_nobody_waits_for() throws Exception {
    HeapShares.Share all = shares.take(input(32 * MIB), 1);
    ByteBuffer bytes = ByteBuffer.allocate(MIB);
    for (Request hopeless :
        new Request[] {
          new Asked(bytes, System.nanoTime() - 1, false), new Asked(bytes, Long.MAX_VALUE, true)
        }) {
      RequestException refused =
          assertThrows(RequestException.class, () -> shares.take(hopeless, 1));
      assertEquals(Reason.BUDGET_EXCEEDED, refused.reason());
    }
    all.close();
    shares.take(input(32 * MIB), 1).close();
  }

  @Test
  void a_small_heap_has_a_quarter_for_it() throws Exception {
    HeapShares small = HeapShares.of(64L * MIB);
    small.take(input(16 * MIB), 1).close();
    assertThrows(RequestException.class, () -> small.take(input(16 * MIB + 1), 1));
  }

  private record Asked(ByteBuffer input, long deadlineNanos, boolean isCancelled)
      implements Request {
    @Override
    public int operation() {
      return 0;
    }

    @Override
    public Target target() {
      return null;
    }

    @Override
    public DirectBuffer payload() {
      return new UnsafeBuffer(0, 0);
    }

    @Override
    public ByteBuffer output() {
      return null;
    }

    @Override
    public long session() {
      return 0;
    }

    @Override
    public boolean isRetried() {
      return false;
    }
  }
}
