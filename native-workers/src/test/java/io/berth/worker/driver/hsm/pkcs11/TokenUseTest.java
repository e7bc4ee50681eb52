// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static org.junit.jupiter.api.Assertions.*;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;

class TokenUseTest {
  private final TokenUse use = new TokenUse(false);

  @Test
  void a_loss_waits_for_those_who_use_the_token() throws Exception {
    CountDownLatch recovered = new CountDownLatch(1);
    Lock using = use.begin();
    Thread loser = new Thread(() -> use.lost(0, true, recovered::countDown));
    loser.start();
    while (loser.getState() != Thread.State.WAITING) {
      assertTrue(loser.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
    assertEquals(0, use.epoch());
    assertEquals(1, recovered.getCount());
    using.unlock();
    recovered.await();
    loser.join();
    assertEquals(1, use.epoch());
  }

  @Test
  void who_comes_second_has_nothing_to_do() {
    int[] recoveries = {0};
    use.lost(0, false, () -> recoveries[0]++);
    use.lost(0, false, () -> recoveries[0]++);
    assertEquals(1, recoveries[0]);
    assertEquals(1, use.epoch());
  }

  @Test
  void sessions_outlive_a_lost_login_and_not_a_lost_token() {
    ModuleSession old = new ModuleSession(1, 0);
    use.lost(0, false, () -> {});
    assertTrue(use.isOpen(old));
    ModuleSession later = new ModuleSession(2, use.epoch());
    use.lost(0, true, () -> {});
    assertFalse(use.isOpen(old), "the second loss of that epoch was the token's");
    assertTrue(use.isOpen(later));
    use.lost(1, true, () -> {});
    assertFalse(use.isOpen(later));
  }

  @Test
  void who_must_be_alone_waits_for_the_other() throws Exception {
    TokenUse alone = new TokenUse(true);
    Lock using = alone.begin();
    alone.begin().unlock(); // It may be nested.
    CountDownLatch entered = new CountDownLatch(1);
    Thread second =
        new Thread(
            () -> {
              Lock its = alone.begin();
              entered.countDown();
              its.unlock();
            });
    second.start();
    while (second.getState() != Thread.State.WAITING) {
      assertTrue(second.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
    assertEquals(1, entered.getCount());
    using.unlock();
    entered.await();
    second.join();
  }

  @Test
  void a_recovery_that_fails_counts_as_a_loss() {
    assertThrows(
        IllegalStateException.class,
        () ->
            use.lost(
                0,
                true,
                () -> {
                  throw new IllegalStateException("away");
                }));
    assertEquals(1, use.epoch());
    assertFalse(use.isOpen(new ModuleSession(1, 0)));
  }
}
