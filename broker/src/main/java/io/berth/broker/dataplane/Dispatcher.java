// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Affinity;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Handle;
import io.berth.shm.status.Reason;

/**
 * Moves requests from a device's queue to its worker, as far as the window allows.
 *
 * <p>Data thread only.
 */
final class Dispatcher {
  private final RequestTable requests;
  private final Endings endings;
  private final BrokerCounters counters;
  private final Untold untold;

  Dispatcher(RequestTable requests, Endings endings, BrokerCounters counters) {
    this.requests = requests;
    this.endings = endings;
    this.counters = counters;
    this.untold = new Untold(requests);
  }

  /** Takes an admitted request: straight to the worker if nothing is before it. */
  void accept(Device device, int slot, long nowNanos) {
    if (device.queue().size() == 0
        && untold.isEmpty()
        && device.killList().isEmpty()
        && sendNow(device, slot, nowNanos)) {
      return;
    }
    device.queue().offer(slot, requests.flow(slot), priority(slot));
    pump(device, nowNanos);
  }

  private boolean sendNow(Device device, int slot, long nowNanos) {
    Seat seat = seatFor(device, slot, false, nowNanos);
    return seat != null && send(seat, slot, false, nowNanos);
  }

  private Seat seatFor(Device device, int slot, boolean suspect, long nowNanos) {
    return device.seatFor(
        operation(slot),
        tiedSeat(device, slot),
        device.isGroup() && device.leavesState(operation(slot)),
        avoidedSeat(slot),
        suspect,
        isInteractive(slot),
        nowNanos);
  }

  /**
   * The seat whose worker has what the request's session holds, or counts what all sessions ask;
   * null: any will do.
   */
  Seat tiedSeat(Device device, int slot) {
    if (!device.isGroup()) {
      return null;
    }
    Seat place = device.placeOf(operation(slot));
    Affinity affinity = requests.session(slot).affinity(device);
    return place != null || affinity == null ? place : affinity.seat();
  }

  /** The seat that has refused or failed the request, or null. */
  private Seat avoidedSeat(int slot) {
    return requests.moves(slot) > 0 ? requests.seat(slot) : null;
  }

  /** Gives the workers as much as their windows take. */
  void pump(Device device, long nowNanos) {
    device.lookAgain();
    if (!untold.isEmpty()) {
      // First, or further requests would take the room again and again.
      untold.tell();
      untold.keepRoom();
    }
    for (int i = 0; i < device.seatCount() && device.isGroup(); i++) {
      sendHeld(device.seat(i), nowNanos);
    }
    int slot;
    while ((slot = next(device, nowNanos)) != NIL) {
      if (isVain(device, slot, nowNanos)) {
        device.queue().take();
        refuseVain(device, slot, nowNanos);
        continue;
      }
      boolean suspect = isSuspect(device, slot);
      Seat seat = seatFor(device, slot, suspect, nowNanos);
      if (seat == null) {
        Seat awaited =
            suspect
                ? null
                : device.awaitedSeat(operation(slot), tiedSeat(device, slot), avoidedSeat(slot));
        if (awaited == null) {
          // It keeps its turn: a suspect waits for an empty window, and others must not fill it
          // again.
          return;
        }
        device.queue().hold(awaited.held());
      } else if (send(seat, slot, suspect, nowNanos)) {
        device.queue().take();
      } // Else that ring is full, and the next seat is asked.
    }
  }

  /** Gives a worker what waits for it alone; back to all if it is gone. */
  private void sendHeld(Seat seat, long nowNanos) {
    Device device = seat.device();
    int slot;
    while ((slot = firstHeld(seat, nowNanos)) != NIL) {
      if (seat.link() == null) {
        device.queue().takeHeld(seat.held(), slot, requests.flow(slot));
        device.queue().offerAgain(slot, requests.flow(slot), priority(slot));
        continue;
      }
      if (isVain(device, slot, nowNanos)) {
        device.queue().takeHeld(seat.held(), slot, requests.flow(slot));
        refuseVain(device, slot, nowNanos);
        continue;
      }
      boolean suspect = isSuspect(device, slot);
      if (!seat.mayDispatch(suspect, isInteractive(slot)) || !send(seat, slot, suspect, nowNanos)) {
        return;
      }
      device.queue().takeHeld(seat.held(), slot, requests.flow(slot));
    }
  }

  /** The next of those that wait for a worker; whatever their class, if it is gone. */
  private static int firstHeld(Seat seat, long nowNanos) {
    boolean onlyInteractive = seat.link() != null && !seat.mayDispatch(false, false);
    return seat.held().first(onlyInteractive, nowNanos);
  }

  /** Whether nobody waits for it any more, or it has killed too many workers. */
  private boolean isVain(Device device, int slot, long nowNanos) {
    return requests.deadlineNanos(slot) - nowNanos <= 0 || isBlocked(device, slot, nowNanos);
  }

  private boolean isBlocked(Device device, int slot, long nowNanos) {
    return !device.killList().isEmpty()
        && device
            .killList()
            .isBlocked(requests.flow(slot).account().name(), operation(slot), nowNanos);
  }

  private boolean isSuspect(Device device, int slot) {
    return !device.killList().isEmpty()
        && device.killList().isSuspect(requests.flow(slot).account().name(), operation(slot));
  }

  private void refuseVain(Device device, int slot, long nowNanos) {
    if (requests.deadlineNanos(slot) - nowNanos <= 0) {
      endings.refuseQueued(
          slot,
          Reason.EXPIRED_BEFORE_DISPATCH,
          endings.describe(device, "waited until the deadline"),
          nowNanos);
    } else {
      endings.refuseQueued(
          slot, Reason.REQUEST_KILLS_WORKER, endings.text().append(device.name()), nowNanos);
    }
  }

  /** Whose turn it is, of those that a worker has room for; or NIL. */
  private static int next(Device device, long nowNanos) {
    if (device.hasRoom(false, nowNanos)) {
      return device.queue().peek(nowNanos);
    }
    return device.hasRoom(true, nowNanos) ? device.queue().peekInteractive(nowNanos) : NIL;
  }

  private boolean send(Seat seat, int slot, boolean suspect, long nowNanos) {
    WorkerLink link = seat.link();
    Handle handle = requests.handle(slot);
    if (!link.knows(handle.target())
        && !link.bind(handle.target(), seat.device().targetName(handle.target()))) {
      seat.hasNoRoom();
      return false;
    }
    boolean retried = requests.attempts(slot) > 0;
    if (!link.dispatch(
        requests.frame(slot),
        requests.workerCorrelation(slot),
        handle.target(),
        requests.deadlineNanos(slot),
        requests.session(slot).id(),
        retried ? FLAG_RETRIED : 0,
        nowNanos)) {
      seat.hasNoRoom();
      return false;
    }
    requests.session(slot).segments().reach(seat.device());
    requests.dispatched(slot, seat, nowNanos);
    requests.suspect(slot, suspect);
    requests.move(slot, RequestState.IN_FLIGHT);
    requests.beyondWindow(slot, seat.dispatched(suspect));
    if (seat.device().isGroup() && seat.leavesState(operation(slot))) {
      requests.session(slot).tiedTo(seat.device()).asked(seat);
    }
    return true;
  }

  /** Takes a QUEUED request out of its queue. */
  void withdraw(int slot) {
    requests.device(slot).queue().remove(slot, requests.flow(slot), priority(slot));
  }

  /**
   * Tells the worker that has the request to end it early. Once, however often a client asks: what
   * it cannot repeat cannot keep the worker's ring full.
   */
  void cancel(int slot) {
    if (requests.cancel(slot)) {
      tell(slot, TYPE_CANCEL, 0);
    }
  }

  /**
   * Tells the worker that has the stream that its reader has room again. Each part reserves its
   * reply space, which bounds how often a client can say so.
   */
  void credit(int slot, int parts) {
    tell(slot, TYPE_CREDIT, parts);
  }

  private void tell(int slot, int type, int credit) {
    WorkerLink link = requests.seat(slot).link();
    if (link != null && !link.tell(type, requests.workerCorrelation(slot), credit)) {
      counters.toldLate.incrementPlain();
      untold.add(slot, link, type, credit);
    }
  }

  /** Tells workers what their rings had no room for. */
  void tellAgain() {
    if (!untold.isEmpty()) {
      untold.tell();
    }
  }

  /**
   * Puts a request whose worker died, or whose card has failed or refused it, back for a second
   * try.
   *
   * @param begun whether it may have been executed, in part or in whole
   */
  void requeue(int slot, boolean begun, long nowNanos) {
    if (begun) {
      requests.alsoBegunBy(slot, requests.seat(slot).module(false));
    }
    requests.move(slot, RequestState.QUEUED);
    requests.queuedNanos(slot, nowNanos);
    requests.device(slot).queue().offerAgain(slot, requests.flow(slot), priority(slot));
    counters.retried.incrementPlain();
  }

  int operation(int slot) {
    return requests.frame(slot).operation();
  }

  /** What its class is, not what it counts as for having waited. */
  private boolean isInteractive(int slot) {
    return priority(slot) == PRIORITY_INTERACTIVE;
  }

  private int priority(int slot) {
    return requests.frame(slot).priority();
  }
}
