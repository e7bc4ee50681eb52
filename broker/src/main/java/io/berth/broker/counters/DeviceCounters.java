// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.counters;

import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;

/**
 * What the data thread publishes of one device: only that thread writes, whenever it blocks and
 * once per tick; anybody reads.
 */
public final class DeviceCounters {
  /** How many counters one device takes. */
  public static final int COUNT = 4;

  private static final String QUEUED = "device-queued ";
  private static final String IN_FLIGHT = "device-in-flight ";
  private static final String COMPLETED = "device-completed ";
  private static final String WINDOW = "device-window ";

  private final AtomicCounter queued;
  private final AtomicCounter inFlight;
  private final AtomicCounter completed;
  private final AtomicCounter window;

  DeviceCounters(CountersManager counters, String resource) {
    queued = counters.newCounter(QUEUED + resource, BrokerCounters.TYPE_ID);
    inFlight = counters.newCounter(IN_FLIGHT + resource, BrokerCounters.TYPE_ID);
    completed = counters.newCounter(COMPLETED + resource, BrokerCounters.TYPE_ID);
    window = counters.newCounter(WINDOW + resource, BrokerCounters.TYPE_ID);
  }

  /** Data thread only. Readers may see figures of two publications mixed. */
  public void publish(int nowQueued, int nowInFlight, long nowCompleted, int nowWindow) {
    queued.setRelease(nowQueued);
    inFlight.setRelease(nowInFlight);
    completed.setRelease(nowCompleted);
    window.setRelease(nowWindow);
  }

  public long queued() {
    return queued.get();
  }

  public long inFlight() {
    return inFlight.get();
  }

  public long completed() {
    return completed.get();
  }

  public long window() {
    return window.get();
  }
}
