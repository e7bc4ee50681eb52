// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.aeron;

import io.berth.bench.process.DutyLoop;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * The media driver's waiting: 1 ms, which leaves the two processors to the three processes on the
 * messages' way, and 50 ms while another system is measured.
 */
final class DriverIdle implements IdleStrategy {
  private static final long MEASURED_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long PAUSED_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private volatile DutyLoop relay;

  void watch(DutyLoop loop) {
    relay = loop;
  }

  @Override
  public void idle(int workCount) {
    if (workCount == 0) {
      idle();
    }
  }

  @Override
  public void idle() {
    DutyLoop loop = relay;
    LockSupport.parkNanos(loop != null && loop.isPaused() ? PAUSED_NANOS : MEASURED_NANOS);
  }

  @Override
  public void reset() {}
}
