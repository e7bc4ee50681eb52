// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.client.BerthException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class HeldKeysTest {
  private final HeldKeys keys = new HeldKeys();
  private final AtomicInteger released = new AtomicInteger();

  /** Asks for collections until what nobody holds is known to be gone. */
  private void awaitReleased(int count) {
    while (released.get() < count) {
      System.gc();
      LockSupport.parkNanos(1_000_000);
      keys.releaseUnreachable();
    }
  }

  @Test
  void what_nobody_can_reach_is_released_before_the_next_and_nothing_else() {
    HeldKeys.Lease kept = keys.hold(() -> released.addAndGet(1000));
    keys.hold(released::incrementAndGet);
    keys.hold(released::incrementAndGet);
    awaitReleased(2);
    assertEquals(2, released.get());
    assertEquals(1, keys.count());
    assertNotNull(kept);
    kept.end();
    assertEquals(1002, released.get());
    assertEquals(0, keys.count());
  }

  @Test
  void what_has_ended_is_not_released_again() {
    keys.hold(released::incrementAndGet).end();
    keys.hold(() -> released.addAndGet(1000)).forget();
    keys.hold(released::incrementAndGet);
    awaitReleased(2);
    assertEquals(2, released.get());
  }

  @Test
  void a_release_that_failed_is_tried_again_with_the_next() {
    keys.hold(
        () -> {
          released.incrementAndGet();
          if (released.get() == 1) {
            new Access(Settings.parse("socket=/nowhere/broker.sock")).client();
          }
        });
    awaitReleased(1);
    assertEquals(1, keys.count());
    keys.releaseUnreachable();
    assertEquals(2, released.get());
    assertEquals(0, keys.count());
    HeldKeys.Lease failing =
        keys.hold(() -> new Access(Settings.parse("socket=/nowhere/broker.sock")).client());
    assertThrows(BerthException.class, failing::end, "told to whoever asks for it");
  }
}
