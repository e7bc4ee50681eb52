// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Death;
import io.berth.broker.device.Seat;
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
  public void worker(Seat seat, int epoch, Death death, String text) {
    if (isNews(seat, epoch)) {
      told.worker(seat, epoch, death, text);
    }
  }

  @Override
  public void workerLeft(Seat seat, int epoch, String text) {
    if (isNews(seat, epoch)) {
      told.workerLeft(seat, epoch, text);
    }
  }

  @Override
  public void cardFailed(Seat seat, int epoch, String text) {
    told.cardFailed(seat, epoch, text);
  }

  /** A worker that could not even be attached has no link here that could remember. */
  private static boolean isNews(Seat seat, int epoch) {
    WorkerLink link = seat.link();
    return link == null || link.epoch() != epoch || link.condemn();
  }
}
