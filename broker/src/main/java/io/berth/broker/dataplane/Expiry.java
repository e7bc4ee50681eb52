// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
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
  private final Seat[] seats;
  private final Dispatcher dispatcher;
  private final Endings endings;
  private final Violations violations;
  private final long heartbeatTimeoutNanos;
  private final Heartbeat[] heartbeats;

  Expiry(
      RequestTable requests,
      Device[] devices,
      Seat[] seats,
      Dispatcher dispatcher,
      Endings endings,
      Violations violations,
      long heartbeatTimeoutNanos) {
    this.requests = requests;
    this.devices = devices;
    this.seats = seats;
    this.dispatcher = dispatcher;
    this.endings = endings;
    this.violations = violations;
    this.heartbeatTimeoutNanos = heartbeatTimeoutNanos;
    this.heartbeats = new Heartbeat[seats.length];
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
    for (Device device : devices) {
      device.killList().forget(nowNanos);
      if (device.isGroup() && device.queue().size() > 0) {
        dispatcher.pump(device, nowNanos); // A card may be asked again after a while in doubt.
      }
    }
    for (int i = 0; i < seats.length; i++) {
      WorkerLink link = seats[i].link();
      if (link != null) {
        checkWorker(i, link, nowNanos);
      }
    }
  }

  private void check(int slot, RequestState state, long nowNanos) {
    Device device = requests.device(slot);
    if (state == RequestState.QUEUED) {
      if (requests.deadlineNanos(slot) - nowNanos <= 0) {
        dispatcher.withdraw(slot);
        endings.refuseQueued(
            slot,
            Reason.EXPIRED_BEFORE_DISPATCH,
            endings.describe(device, "waited until the deadline"),
            nowNanos);
      }
      return;
    }
    if (state == RequestState.IN_FLIGHT) {
      if (requests.deadlineNanos(slot) - nowNanos <= 0) {
        expire(slot, device, "no answer until the deadline");
      } else if (holdsAlone(slot) && onDeviceNanos(slot, nowNanos) > device.hangNanos()) {
        expire(slot, device, "suspected of killing workers, and a stream for too long");
      }
    }
    if (!requests.isPaused(slot)) {
      requests.seat(slot).hangWatch().see(requests, slot);
    }
  }

  /** A suspect has the device for itself; so it gets no more time by pausing, or part by part. */
  private boolean holdsAlone(int slot) {
    return requests.isSuspect(slot) && requests.isStream(slot);
  }

  private long onDeviceNanos(int slot, long nowNanos) {
    return nowNanos - requests.dispatchedNanos(slot);
  }

  private void expire(int slot, Device device, String what) {
    dispatcher.cancel(slot);
    endings.abandon(slot, Reason.EXPIRED_IN_FLIGHT, endings.describe(device, what));
  }

  private void checkWorker(int index, WorkerLink link, long nowNanos) {
    Seat seat = seats[index];
    long silentNanos = heartbeats[index].silentNanos(link, nowNanos);
    if (silentNanos > heartbeatTimeoutNanos) {
      violations.worker(
          seat,
          link.epoch(),
          Death.FROM_OUTSIDE,
          "no heartbeat for " + silentNanos / 1_000_000 + " ms");
    }
    long standingNanos = seat.hangWatch().standingNanos(requests, nowNanos);
    if (standingNanos > seat.device().hangNanos()) {
      violations.worker(
          seat,
          link.epoch(),
          "request on the device without progress for "
              + standingNanos / 1_000_000
              + " ms >= "
              + seat.device().hangNanos() / 1_000_000);
    }
  }
}
