// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.counters;

import io.berth.shm.status.Reason;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;

/**
 * What the data thread counts. Each counter has one writer, so that counting is a plain load and
 * store on a line of its own.
 */
public final class BrokerCounters {
  /** Agrona's counter type of everything here. */
  public static final int TYPE_ID = 0x4248;

  public final AtomicCounter admitted;
  public final AtomicCounter completed;
  public final AtomicCounter retried;
  public final AtomicCounter late;
  public final AtomicCounter toldLate;
  public final AtomicCounter sessions;
  public final AtomicCounter inUse;

  /** Refused for their principal's rate, and admitted beyond limits on trial. */
  public final AtomicCounter overRate;

  public final AtomicCounter dryRunRate;
  public final AtomicCounter dryRunInFlight;
  public final AtomicCounter blocks;
  public final AtomicCounter wakes;

  private final AtomicCounter[] refusals;
  private final DeviceCounters[] devices;
  private final KeyUseCounters keyUses;

  /**
   * Takes its counters.
   *
   * @param resources the devices, in the order of their numbers
   */
  public BrokerCounters(CountersManager counters, String... resources) {
    admitted = counters.newCounter("requests-admitted", TYPE_ID);
    completed = counters.newCounter("requests-completed", TYPE_ID);
    retried = counters.newCounter("requests-retried", TYPE_ID);
    late = counters.newCounter("answers-late", TYPE_ID);
    toldLate = counters.newCounter("told-late", TYPE_ID);
    sessions = counters.newCounter("sessions", TYPE_ID);
    inUse = counters.newCounter("requests-in-broker", TYPE_ID);
    overRate = counters.newCounter("requests-over-rate", TYPE_ID);
    dryRunRate = counters.newCounter("dry-run-over-rate", TYPE_ID);
    dryRunInFlight = counters.newCounter("dry-run-over-in-flight", TYPE_ID);
    keyUses = new KeyUseCounters(counters);
    blocks = counters.newCounter("data-thread-blocks", TYPE_ID);
    wakes = counters.newCounter("data-thread-wakes", TYPE_ID);
    refusals = new AtomicCounter[Reason.values().length];
    for (Reason reason : Reason.values()) {
      refusals[reason.code()] = counters.newCounter("refused-" + reason, TYPE_ID);
    }
    devices = new DeviceCounters[resources.length];
    for (int i = 0; i < devices.length; i++) {
      devices[i] = new DeviceCounters(counters, resources[i]);
    }
  }

  /** The counters of the device with that number. */
  public DeviceCounters device(int index) {
    return devices[index];
  }

  /** Uses of keys by principals. */
  public KeyUseCounters keyUses() {
    return keyUses;
  }

  public void refused(Reason reason) {
    refusals[reason.code()].incrementPlain();
  }
}
