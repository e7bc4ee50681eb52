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

  @Test
  void nobody_who_finds_objects_waits_behind_one_who_waits_for_a_key_to_be_made() throws Exception {
    Lock making = use.begin();
    Runnable made = use.beginWithObjects(TokenUse.ObjectUse.MAKES);
    CountDownLatch changed = new CountDownLatch(1);
    Thread changer = changing(changed);
    while (changer.getState() != Thread.State.WAITING) {
      assertTrue(changer.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
    assertTrue(use.isFree());
    use.beginWithObjects(TokenUse.ObjectUse.FINDS).run();
    assertEquals(1, changed.getCount());
    made.run();
    making.unlock();
    changed.await();
    changer.join();
  }

  @Test
  void who_changes_objects_waits_for_those_who_find_them() throws Exception {

    Lock finding = use.begin();
    Runnable found = use.beginWithObjects(TokenUse.ObjectUse.FINDS);
    assertTrue(use.isFree());
    CountDownLatch second = new CountDownLatch(1);
    Thread waiting = changing(second);
    while (waiting.getState() != Thread.State.WAITING) {
      assertTrue(waiting.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
    assertEquals(1, second.getCount());
    assertFalse(use.isFree(), "who finds now waits behind it");
    found.run();
    finding.unlock();
    second.await();
    waiting.join();
    assertTrue(use.isFree());
  }

  private Thread changing(CountDownLatch done) {
    Thread changer =
        new Thread(
            () -> {
              Lock its = use.begin();
              Runnable ended = use.beginWithObjects(TokenUse.ObjectUse.CHANGES);
              done.countDown();
              ended.run();
              its.unlock();
            });
    changer.start();
    return changer;
  }
}
