// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.request.RequestTable.NIL;
import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Device;
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
        && device.mayDispatch(false)
        && send(device, slot, false, nowNanos)) {
      return;
    }
    device.queue().offer(slot, requests.flow(slot), priority(slot));
    pump(device, nowNanos);
  }

  /** Gives the worker as much as the window takes. */
  void pump(Device device, long nowNanos) {
    if (!untold.isEmpty()) {
      // First, or further requests would take the room again and again.
      untold.tell();
      if (untold.concerns(device)) {
        return;
      }
    }
    while (device.mayDispatch(false)) {
      int slot = device.queue().peek(nowNanos);
      if (slot == NIL) {
        return;
      }
      if (requests.deadlineNanos(slot) - nowNanos <= 0) {
        device.queue().take();
        endings.refuseQueued(
            slot,
            Reason.EXPIRED_BEFORE_DISPATCH,
            endings.describe(device, "waited until the deadline"),
            nowNanos);
        continue;
      }
      boolean suspect = false;
      if (!device.killList().isEmpty()) {
        String principal = requests.flow(slot).account().name();
        if (device.killList().isBlocked(principal, operation(slot), nowNanos)) {
          device.queue().take();
          endings.refuseQueued(
              slot, Reason.REQUEST_KILLS_WORKER, endings.text().append(device.name()), nowNanos);
          continue;
        }
        suspect = device.killList().isSuspect(principal, operation(slot));
      }
      if (!device.mayDispatch(suspect) || !send(device, slot, suspect, nowNanos)) {
        // It keeps its turn: a suspect waits for an empty window, and others must not fill it
        // again.
        return;
      }
      device.queue().take();
    }
  }

  private boolean send(Device device, int slot, boolean suspect, long nowNanos) {
    WorkerLink link = device.link();
    Handle handle = requests.handle(slot);
    if (!link.knows(handle.target())
        && !link.bind(handle.target(), device.targetName(handle.target()))) {
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
      return false;
    }
    requests.dispatched(slot, nowNanos);
    requests.suspect(slot, suspect);
    requests.move(slot, RequestState.IN_FLIGHT);
    device.dispatched(suspect);
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
    WorkerLink link = requests.device(slot).link();
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

  /** Puts a request whose worker died back for a second try. */
  void requeue(Device device, int slot, long nowNanos) {
    requests.move(slot, RequestState.QUEUED);
    requests.queuedNanos(slot, nowNanos);
    device.queue().offerAgain(slot, requests.flow(slot), priority(slot));
    counters.retried.incrementPlain();
  }

  int operation(int slot) {
    return requests.frame(slot).operation();
  }

  private int priority(int slot) {
    return requests.frame(slot).priority();
  }
}
