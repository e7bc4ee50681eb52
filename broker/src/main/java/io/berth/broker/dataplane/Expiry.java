// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.shm.frame.FrameDescriptor.TYPE_CANCEL;

import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.shm.status.Reason;
import java.util.Arrays;

/**
 * Everything that time does: ends requests whose deadline has passed, and finds workers that hang.
 * One pass over the slots in use per tick; a few thousand comparisons at most.
 *
 * <p>Data thread only.
 */
final class Expiry {
  private final RequestTable requests;
  private final Device[] devices;
  private final Dispatcher dispatcher;
  private final Endings endings;
  private final Violations violations;
  private final long heartbeatTimeoutNanos;
  private final Heartbeat[] heartbeats;

  Expiry(
      RequestTable requests,
      Device[] devices,
      Dispatcher dispatcher,
      Endings endings,
      Violations violations,
      long heartbeatTimeoutNanos) {
    this.requests = requests;
    this.devices = devices;
    this.dispatcher = dispatcher;
    this.endings = endings;
    this.violations = violations;
    this.heartbeatTimeoutNanos = heartbeatTimeoutNanos;
    this.heartbeats = new Heartbeat[devices.length];
    Arrays.setAll(heartbeats, index -> new Heartbeat());
  }

  void tick(long nowNanos) {
    if (requests.used() > 0) {
      for (int slot = 0, end = requests.highWater(); slot < end; slot++) {
        RequestState state = requests.state(slot);
        if (state != RequestState.FREE) {
          check(slot, state, nowNanos);
        }
      }
    }
    dispatcher.tellAgain();
    for (int i = 0; i < devices.length; i++) {
      devices[i].killList().forget(nowNanos);
      WorkerLink link = devices[i].link();
      if (link != null) {
        long silentNanos = heartbeats[i].silentNanos(link, nowNanos);
        if (silentNanos > heartbeatTimeoutNanos) {
          violations.worker(
              devices[i],
              link.epoch(),
              Death.FROM_OUTSIDE,
              "no heartbeat for " + silentNanos / 1_000_000 + " ms");
        }
      }
    }
  }

  private void check(int slot, RequestState state, long nowNanos) {
    Device device = requests.device(slot);
    if (requests.deadlineNanos(slot) - nowNanos <= 0) {
      if (state == RequestState.QUEUED) {
        dispatcher.withdraw(slot);
        endings.refuseQueued(
            slot,
            Reason.EXPIRED_BEFORE_DISPATCH,
            endings.describe(device, "waited until the deadline"),
            nowNanos);
        return;
      }
      if (state == RequestState.IN_FLIGHT) {
        dispatcher.tell(slot, TYPE_CANCEL, 0);
        endings.abandon(
            slot,
            Reason.EXPIRED_IN_FLIGHT,
            endings.describe(device, "no answer until the deadline"));
      }
    }
    if (state != RequestState.QUEUED
        && device.link() != null
        && nowNanos - requests.dispatchedNanos(slot) > device.hangNanos()) {
      violations.worker(
          device,
          device.link().epoch(),
          "request on the device for "
              + (nowNanos - requests.dispatchedNanos(slot)) / 1_000_000
              + " ms >= "
              + device.hangNanos() / 1_000_000);
    }
  }
}
