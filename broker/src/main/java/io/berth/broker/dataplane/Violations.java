// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Death;
import io.berth.broker.device.Seat;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;

/** Where the data thread reports peers that broke the protocol. */
public interface Violations {
  /** The client is to be expelled. May be told more than once of the same session. */
  void session(Session session, Reason reason, String text);

  /**
   * The worker is to be fenced. May be told more than once of the same worker.
   *
   * @param death what its end then says of the requests that it has
   */
  void worker(Seat seat, int epoch, Death death, String text);

  /**
   * The worker has closed its end: it is dead, or to be fenced. How it died its guard will tell.
   */
  void workerLeft(Seat seat, int epoch, String text);

  /**
   * The worker's card has failed too often. The worker itself is right: what it still answers
   * counts. Told once.
   */
  default void cardFailed(Seat seat, int epoch, String text) {
    worker(seat, epoch, Death.CARD_FAILED, text);
  }

  /** The worker broke the protocol. */
  default void worker(Seat seat, int epoch, String text) {
    worker(seat, epoch, Death.BY_ITSELF, text);
  }
}
