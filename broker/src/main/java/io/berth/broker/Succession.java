// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import io.berth.broker.audit.AuditTrail;
import io.berth.broker.control.ClientDoor;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.supervisor.Supervision;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a broker comes into the place of another without a gap in service, and how it leaves its own.
 *
 * <pre>
 *   SERVING ──a successor asks──▶ LEAVING ──requests ended──▶ workers, guards, journal handed over
 *           ──▶ directory left: the successor goes on ──▶ last client gone, or time up ──▶ LEFT
 * </pre>
 *
 * The successor has opened its doors before it asks, so that all of them find it at their first
 * try; it looks at no request before it has the directory.
 *
 * <p>Control thread only, but for {@link #hasLeft}.
 */
final class Succession {
  private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

  private static final long LEAVE_GRACE_NANOS = 10_000_000_000L;
  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final long LOOK_NANOS = 1_000_000L;

  /** Gives the run directory to the successor. */
  interface Directory {
    void leave() throws IOException;
  }

  private final ControlLoop control;
  private final DataThread data;
  private final ClientDoor clients;
  private final Supervision supervision;
  private final AuditTrail audit;
  private final Directory directory;
  private volatile boolean leaving;
  private volatile Runnable whenLeft = () -> {};

  Succession(
      ControlLoop control,
      DataThread data,
      ClientDoor clients,
      Supervision supervision,
      AuditTrail audit,
      Directory directory) {
    this.control = control;
    this.data = data;
    this.clients = clients;
    this.supervision = supervision;
    this.audit = audit;
    this.directory = directory;
  }

  /**
   * Serves clients as soon as workers and journal have come over, or when that takes too long. Any
   * thread; to be called when the directory is this broker's.
   */
  void admitWhenServing() {
    long untilNanos = System.nanoTime() + PATIENCE_NANOS;
    control.execute(() -> admitWhenServing(untilNanos));
  }

  private void admitWhenServing(long untilNanos) {
    boolean serving = supervision.allServe() && !audit.sessions().refusesAudited();
    if (!serving && System.nanoTime() - untilNanos < 0) {
      control.schedule(LOOK_NANOS, () -> admitWhenServing(untilNanos));
      return;
    }
    LOG.info("{} clients have come over", clients.sessions());
    clients.admit();
  }

  /** Hears, once, that a successor has taken over and the last client has left. Any thread. */
  void onLeft(Runnable listener) {
    whenLeft = listener;
  }

  /** Whether a successor has, or is to have, what this broker had. Any thread. */
  boolean hasLeft() {
    return leaving;
  }

  /**
   * Leaves in favour of a successor that already has the client socket's name: no new requests,
   * what is in flight ends here, workers and guards go over.
   *
   * @param leftBehind runs when the successor may go on
   * @return false, and nothing will run, if this broker leaves for another one already
   */
  boolean leave(Runnable leftBehind) {
    if (leaving) {
      return false;
    }
    leaving = true;
    LOG.info("a successor takes over");
    clients.goAway("a new broker takes over");
    data.leave(LEAVE_GRACE_NANOS, () -> control.execute(() -> handOver(leftBehind)));
    return true;
  }

  /** Workers and journal go over at the same time: neither needs the other for that. */
  private void handOver(Runnable leftBehind) {
    int[] left = {2};
    Runnable handedOver =
        () -> {
          if (--left[0] == 0) {
            letGo(leftBehind);
          }
        };
    audit.handOver(
        "a successor takes over; sessions that end unrecorded: " + clients.sessions(),
        () -> control.execute(handedOver));
    supervision.handOver(handedOver);
  }

  private void letGo(Runnable leftBehind) {
    try {
      directory.leave();
    } catch (IOException e) {
      LOG.error("the run directory could not be left: {}", e.getMessage());
    }
    leftBehind.run();
    awaitLastClient(System.nanoTime() + LEAVE_GRACE_NANOS);
  }

  private void awaitLastClient(long untilNanos) {
    if (clients.sessions() > 0 && System.nanoTime() - untilNanos < 0) {
      control.schedule(LOOK_NANOS, () -> awaitLastClient(untilNanos));
    } else {
      whenLeft.run();
    }
  }
}
