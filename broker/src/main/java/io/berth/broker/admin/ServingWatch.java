// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.control.ControlLoop;
import io.berth.broker.supervisor.DeviceSupervisor;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.FailureCode;
import io.berth.shm.admin.v1.Serving;
import java.util.function.Consumer;

/**
 * Waits until a device serves again, or until it is clear that it will not.
 *
 * <p>Looks from time to time instead of being told: a device that is coming back can be lost again
 * in any of its states, and the supervisor owes nobody news of all of them. Control thread only.
 */
final class ServingWatch {
  private static final long LOOK_NANOS = 10_000_000L;

  private final ControlLoop control;
  private final DeviceSupervisor supervisor;
  private final long limitNanos;
  private final long startedNanos = System.nanoTime();
  private final Consumer<AdminReply> reply;

  private ServingWatch(
      ControlLoop control,
      DeviceSupervisor supervisor,
      long limitNanos,
      Consumer<AdminReply> reply) {
    this.control = control;
    this.supervisor = supervisor;
    this.limitNanos = limitNanos;
    this.reply = reply;
  }

  /** Replies Serving or a failure, once. */
  static void start(
      ControlLoop control,
      DeviceSupervisor supervisor,
      long limitNanos,
      Consumer<AdminReply> reply) {
    new ServingWatch(control, supervisor, limitNanos, reply).look();
  }

  private void look() {
    String name = supervisor.name();
    switch (supervisor.state()) {
      case SERVING -> reply.accept(serving(name));
      case GIVEN_UP, STUCK, RELEASING, RELEASED, STOPPING, STOPPED ->
          reply.accept(AdminMessages.failure(FailureCode.FAILURE_STATE, "device " + state(name)));
      case AWAITING_GUARD, AWAITING_LOCK, STARTING, OPENING, FENCING, BACKING_OFF -> {
        if (System.nanoTime() - startedNanos >= limitNanos) {
          reply.accept(
              AdminMessages.failure(
                  FailureCode.FAILURE_TIME_OUT,
                  "device "
                      + state(name)
                      + " after "
                      + limitNanos / 1_000_000
                      + " ms; the broker goes on trying"));
        } else {
          control.schedule(LOOK_NANOS, this::look);
        }
      }
    }
  }

  private String state(String name) {
    String trouble = supervisor.trouble();
    return name + " is " + supervisor.state() + (trouble.isEmpty() ? "" : " (" + trouble + ")");
  }

  private AdminReply serving(String name) {
    return AdminReply.newBuilder()
        .setServing(
            Serving.newBuilder()
                .setResource(name)
                .setWorkerPid(supervisor.workerPid())
                .setIncarnation(supervisor.incarnation())
                .setIdentity(AdminMessages.cut(supervisor.identity()))
                .setNotes(AdminMessages.cut(supervisor.notes())))
        .build();
  }
}
