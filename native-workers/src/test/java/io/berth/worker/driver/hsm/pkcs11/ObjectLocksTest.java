// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.worker.driver.hsm.pkcs11.ObjectLocks.Purpose;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ObjectLocksTest {
  private final ObjectLocks locks = new ObjectLocks(false);

  /** A thread that begins something and ends it at once. */
  private static final class Other {
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread thread;

    Other(Runnable work) {
      thread =
          new Thread(
              () -> {
                work.run();
                done.countDown();
              });
      thread.start();
    }

    static Other that(ObjectLocks locks, Purpose purpose) {
      return new Other(() -> locks.begin(purpose).run());
    }

    void assertWaits() {
      while (thread.getState() != Thread.State.WAITING) {
        assertTrue(thread.isAlive(), "it did not wait");
        Thread.onSpinWait();
      }
      assertEquals(1, done.getCount());
    }

    void assertDone() throws InterruptedException {
      done.await();
      thread.join();
    }
  }

  @Test
  void who_changes_objects_waits_for_those_who_use_them() throws Exception {
    Runnable used = locks.begin(Purpose.USES);
    assertTrue(locks.areFree());
    Other changer = Other.that(locks, Purpose.CHANGES);
    changer.assertWaits();
    assertFalse(locks.areFree(), "who begins now waits behind it");
    used.run();
    changer.assertDone();
    assertTrue(locks.areFree());
  }

  @Test
  void nobody_who_uses_objects_waits_behind_one_who_waits_for_a_key_to_be_made() throws Exception {
    Runnable made = locks.begin(Purpose.MAKES);
    Other changer = Other.that(locks, Purpose.CHANGES);
    changer.assertWaits();
    Other.that(locks, Purpose.USES).assertDone();
    made.run();
    changer.assertDone();
  }

  @Test
  void who_looks_for_objects_waits_for_a_key_to_be_made_and_not_for_one_of_a_session()
      throws Exception {
    Runnable ofSession = locks.begin(Purpose.NOTHING);
    new Other(() -> locks.look().unlock()).assertDone();
    Runnable made = locks.begin(Purpose.MAKES);
    locks.look().unlock(); // Who makes it looks at it.
    assertFalse(locks.areFree());
    Other looker = new Other(() -> locks.look().unlock());
    looker.assertWaits();
    made.run();
    looker.assertDone();
    ofSession.run();
  }

  @Test
  void keys_are_made_one_after_the_other() throws Exception {
    Runnable made = locks.begin(Purpose.MAKES);
    Other maker = Other.that(locks, Purpose.MAKES);
    maker.assertWaits();
    made.run();
    maker.assertDone();
  }

  @Test
  void a_module_that_can_do_both_lets_look_while_it_makes() throws Exception {
    ObjectLocks able = new ObjectLocks(true);
    Runnable made = able.begin(Purpose.MAKES);
    assertTrue(able.areFree());
    new Other(() -> able.look().unlock()).assertDone();
    Other changer = Other.that(able, Purpose.CHANGES);
    changer.assertWaits();
    made.run();
    changer.assertDone();
  }
}
