// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.session.Session;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells workers that a session is over, so that they drop what they hold for it: once no worker has
 * a request of the session any more, and again later where a ring has no room.
 *
 * <p>Data thread only.
 */
final class Farewells {
  private record Farewell(Session session, Seat seat) {}

  private final List<Farewell> pending = new ArrayList<>();

  /** Takes on a session whose requests have all had their END. Its memory may be gone already. */
  void add(Session session) {
    session.untie();
    for (Device device : session.segments().reached()) {
      for (Seat seat : device.seats()) {
        pending.add(new Farewell(session, seat));
      }
    }
  }

  /** Whether there is anything left to be said, so that time must go on. */
  boolean isEmpty() {
    return pending.isEmpty();
  }

  /** Says what can be said now. */
  void tell() {
    if (!pending.isEmpty()) {
      pending.removeIf(farewell -> farewell.session.isQuiet() && isTold(farewell));
    }
  }

  /** A worker that is gone has taken what it held along. */
  private static boolean isTold(Farewell farewell) {
    WorkerLink link = farewell.seat.link();
    return link == null || link.sessionClosed(farewell.session.id());
  }
}
