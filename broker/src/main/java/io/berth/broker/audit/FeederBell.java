// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.EventFd;
import io.berth.jni.os.OsException;
import java.lang.invoke.VarHandle;

/**
 * Wakes the feeder, at most once per sleep. Ringing never waits: the descriptor is this process's
 * own.
 */
public final class FeederBell implements AutoCloseable {
  private final int descriptor;
  private volatile boolean asleep;

  public FeederBell() throws OsException {
    this.descriptor = OsException.check("eventfd", EventFd.create());
  }

  int descriptor() {
    return descriptor;
  }

  /** Any thread, after it has published something for the feeder. */
  void ringIfAsleep() {
    // With the fence in fallAsleep: of publication and sleep, at least one is seen by the other.
    VarHandle.fullFence();
    if (asleep) {
      asleep = false;
      EventFd.signal(descriptor);
    }
  }

  /** The feeder; it looks once more after this. */
  void fallAsleep() {
    asleep = true;
    VarHandle.fullFence();
  }

  void awake() {
    asleep = false;
    EventFd.drain(descriptor);
  }

  @Override
  public void close() {
    Descriptors.close(descriptor);
  }
}
