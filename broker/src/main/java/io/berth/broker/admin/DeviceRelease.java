// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.control.ControlLoop;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Availability;
import io.berth.broker.supervisor.DeviceSupervisor;
import io.berth.broker.supervisor.WorkerState;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.FailureCode;
import io.berth.shm.admin.v1.Released;
import java.util.function.Consumer;

/**
 * One device in an administrator's hands, from the drain to the worker that serves again.
 *
 * <pre>
 *   DRAINING ──nothing in flight, or time up──▶ CLOSING ──lock free──▶ HELD ──resume──▶ BACK
 *      │                                           │                    └──time over,
 *      └──given back──▶ BACK                       └──given back, lock free──▶ BACK  connection lost──▶ BACK
 * </pre>
 *
 * <p>Control thread only.
 */
final class DeviceRelease {
  private static final long LOOK_NANOS = 5_000_000L;

  private enum State {
    DRAINING,
    CLOSING,
    HELD,
    BACK
  }

  private final ControlLoop control;
  private final DataThread data;
  private final DeviceSupervisor supervisor;
  private final Administrator who;
  private final AdminEvents events;
  private final long forNanos;
  private final long drainUntilNanos;
  private final String purpose;
  private final Runnable whenBack;
  private Consumer<AdminReply> reply;
  private ControlLoop.Timer expiry;
  private State state = State.DRAINING;
  private String givenBackWhy;
  private int lostRequests;

  /**
   * Begins nothing yet.
   *
   * @param forNanos how long it may stay released
   * @param drainNanos how long requests on the device may take to end
   * @param whenBack told once the device is the broker's again
   */
  DeviceRelease(
      ControlLoop control,
      DataThread data,
      DeviceSupervisor supervisor,
      Administrator who,
      AdminEvents events,
      long forNanos,
      long drainNanos,
      String purpose,
      Runnable whenBack) {
    this.control = control;
    this.data = data;
    this.supervisor = supervisor;
    this.who = who;
    this.events = events;
    this.forNanos = forNanos;
    this.drainUntilNanos = System.nanoTime() + drainNanos;
    this.purpose = purpose;
    this.whenBack = whenBack;
  }

  String resource() {
    return supervisor.name();
  }

  Administrator who() {
    return who;
  }

  /** Refuses new requests, lets those on the device end, then closes and unlocks it. */
  void begin(Consumer<AdminReply> whenReleased) {
    reply = whenReleased;
    data.availability(supervisor.seat(), Availability.RELEASED);
    askInFlight();
  }

  private void askInFlight() {
    data.execute(
        () -> {
          int inFlight = supervisor.seat().inFlight();
          control.execute(() -> inFlight(inFlight));
        });
  }

  private void inFlight(int count) {
    if (state != State.DRAINING) {
      return;
    }
    if (count > 0 && System.nanoTime() - drainUntilNanos < 0) {
      control.schedule(LOOK_NANOS, this::askInFlight);
      return;
    }
    lostRequests = count;
    String refusal = supervisor.release(who + ": " + purpose);
    if (refusal != null) {
      admitAgain();
      back();
      reply.accept(AdminMessages.failure(FailureCode.FAILURE_STATE, refusal));
      return;
    }
    state = State.CLOSING;
    awaitUnlocked();
  }

  private void awaitUnlocked() {
    switch (supervisor.state()) {
      case RELEASED -> held();
      case RELEASING -> control.schedule(LOOK_NANOS, this::awaitUnlocked);
      default -> {
        back();
        reply.accept(
            AdminMessages.failure(
                FailureCode.FAILURE_STATE,
                "device "
                    + resource()
                    + " became "
                    + supervisor.state()
                    + " instead of RELEASED: "
                    + supervisor.trouble()));
      }
    }
  }

  private void held() {
    state = State.HELD;
    if (givenBackWhy != null) {
      takeBack(givenBackWhy);
      return;
    }
    expiry = control.schedule(forNanos, () -> takeBack("its time is over"));
    reply.accept(
        AdminReply.newBuilder()
            .setReleased(
                Released.newBuilder().setResource(resource()).setLostRequests(lostRequests))
            .build());
  }

  /** Ends the release from whatever state it is in; a second time does nothing. */
  void takeBack(String why) {
    switch (state) {
      case DRAINING -> {
        admitAgain();
        events.performed(who, "device resume", resource(), why);
        back();
      }
      case CLOSING -> givenBackWhy = why;
      case HELD -> {
        events.performed(who, "device resume", resource(), why);
        // A refusal means that the supervisor has the device already: its guard was replaced.
        supervisor.resume();
        back();
      }
      case BACK -> {}
    }
  }

  /** Undoes what {@link #begin} told the data thread. */
  private void admitAgain() {
    WorkerState now = supervisor.state();
    Availability before =
        switch (now) {
          case SERVING -> Availability.READY;
          case GIVEN_UP, STUCK -> Availability.GIVEN_UP;
          case STOPPING, STOPPED -> Availability.STOPPING;
          default -> Availability.COMING;
        };
    data.availability(supervisor.seat(), before);
  }

  private void back() {
    state = State.BACK;
    if (expiry != null) {
      expiry.cancel();
    }
    whenBack.run();
  }
}
