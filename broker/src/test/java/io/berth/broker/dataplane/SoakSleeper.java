// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.jni.os.Epoll;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.region.Region;
import io.berth.shm.ring.Sleep;
import java.lang.invoke.VarHandle;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** How a peer of the soak waits: it sleeps at once whenever there is nothing to read. */
final class SoakSleeper implements AutoCloseable {
  /** Nobody looks again by itself meanwhile, and no machine stands still for so long. */
  private static final int SAFETY_MILLIS = 60_000;

  private static final int MAX_SPIN = 200;

  private final Sleep sleep;
  private final int bell;
  private final Epoll epoll;
  private final Random random;
  private long sleeps;

  SoakSleeper(Region own, int bell, long seed) throws OsException {
    this.sleep = new Sleep(own);
    this.bell = bell;
    this.random = new Random(seed);
    this.epoll = new Epoll(1);
    OsException.check("epoll_ctl", epoll.add(bell, Epoll.EPOLLIN, 0));
  }

  /**
   * Sleeps once, unless there is something after all.
   *
   * @param anything looks without taking
   */
  void sleepUnless(BooleanSupplier anything) {
    sleep.arm();
    VarHandle.fullFence();
    if (!anything.getAsBoolean()) {
      sleeps++;
      if (epoll.await(SAFETY_MILLIS) == 0) {
        throw new AssertionError(
            "nobody rang for "
                + SAFETY_MILLIS
                + " ms; something to read: "
                + anything.getAsBoolean());
      }
      if (Pipes.drain(bell) < 0) {
        throw new AssertionError("the broker has closed its bell");
      }
    }
    sleep.disarm();
  }

  /** Lets some publications meet the other side on its way to sleep. */
  void dawdle() {
    for (int spin = random.nextInt(MAX_SPIN); spin > 0; spin--) {
      Thread.onSpinWait();
    }
  }

  int next(int bound) {
    return random.nextInt(bound);
  }

  long sleeps() {
    return sleeps;
  }

  @Override
  public void close() {
    epoll.close();
  }
}
