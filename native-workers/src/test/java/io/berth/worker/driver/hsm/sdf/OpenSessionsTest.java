// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;

class OpenSessionsTest {
  private final OpenSessions sessions = new OpenSessions();

  @Test
  void whoever_opens_one_waits_for_those_who_use_the_card_and_keeps_others_waiting()
      throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    Lock first = sessions.begin();
    Lock second = sessions.begin();
    assertTrue(sessions.areFree(), "any number may use it");
    Thread opening = new Thread(() -> sessions.alone(opened::countDown));
    opening.start();
    while (sessions.areFree()) {
      Thread.onSpinWait(); // Until it waits.
    }
    first.unlock();
    assertEquals(1, opened.getCount());
    second.unlock();
    opened.await();
    opening.join();
    assertTrue(sessions.areFree());
  }
}
