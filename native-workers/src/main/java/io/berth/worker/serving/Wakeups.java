// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.EventFd;
import io.berth.jni.os.OsException;

/** Wakes the thread that reads the ring from within this process. Any thread may signal. */
public final class Wakeups implements AutoCloseable {
  private final int fd;
  private volatile boolean stopRequested;

  public Wakeups() throws OsException {
    fd = OsException.check("eventfd", EventFd.create());
  }

  int descriptor() {
    return fd;
  }

  void signal() {
    EventFd.signal(fd);
  }

  void drain() {
    EventFd.drain(fd);
  }

  /** Lets what is on the device finish, and then ends the process. */
  public void requestStop() {
    stopRequested = true;
    signal();
  }

  public boolean isStopRequested() {
    return stopRequested;
  }

  /** Waits, but not if a stop is requested. */
  public void pause(int millis) {
    Descriptors.poll(fd, Descriptors.POLLIN, millis);
  }

  @Override
  public void close() {
    Descriptors.close(fd);
  }
}
