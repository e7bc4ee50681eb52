// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;

/** A peer that broke the protocol is told of once and not listened to again. */
final class ViolationsOnce implements Violations {
  private final Violations told;

  ViolationsOnce(Violations told) {
    this.told = told;
  }

  @Override
  public void session(Session session, Reason reason, String text) {
    if (session.condemn()) {
      told.session(session, reason, text);
    }
  }

  @Override
  public void worker(Device device, int epoch, Death death, String text) {
    if (isNews(device, epoch)) {
      told.worker(device, epoch, death, text);
    }
  }

  @Override
  public void workerLeft(Device device, int epoch, String text) {
    if (isNews(device, epoch)) {
      told.workerLeft(device, epoch, text);
    }
  }

  /** A worker that could not even be attached has no link here that could remember. */
  private static boolean isNews(Device device, int epoch) {
    WorkerLink link = device.link();
    return link == null || link.epoch() != epoch || link.condemn();
  }
}
