// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerOffer;
import io.berth.broker.request.RequestTable;
import io.berth.jni.os.Epoll;
import io.berth.jni.os.Pipes;
import java.util.BitSet;
import java.util.List;
import org.agrona.concurrent.NanoClock;

/**
 * How workers come and go at their seats, as the control thread commands it or a closed doorbell
 * tells it.
 *
 * <p>Data thread only.
 */
final class DeviceCommands {
  private final List<Seat> seats;
  private final Dispatcher dispatcher;
  private final AnswerIntake answers;
  private final LossSettlement settlement;
  private final Endings endings;
  private final Flushes flushes;
  private final BrokerCounters counters;
  private final Violations violations;
  private final Epoll epoll;
  private final long eventKind;
  private final NanoClock clock;

  /** Whose bells were heard and not emptied since, by the seat's index. */
  private final BitSet heard = new BitSet();

  /**
   * @param eventKind what the doorbells' events carry besides the seat's index
   */
  DeviceCommands(
      Seat[] seats,
      Dispatcher dispatcher,
      AnswerIntake answers,
      Endings endings,
      Flushes flushes,
      BrokerCounters counters,
      Violations violations,
      RequestTable requests,
      Epoll epoll,
      long eventKind,
      NanoClock clock) {
    this.seats = List.of(seats);
    this.dispatcher = dispatcher;
    this.answers = answers;
    this.settlement = new LossSettlement(requests, dispatcher, endings);
    this.endings = endings;
    this.flushes = flushes;
    this.counters = counters;
    this.violations = violations;
    this.epoll = epoll;
    this.eventKind = eventKind;
    this.clock = clock;
  }

  /** Lets a worker have its device's requests. */
  void attach(Seat seat, WorkerLink link, WorkerOffer offer) {
    int bell = link.memory().link().bellToBroker();
    int result = epoll.add(bell, Epoll.EPOLLIN, eventKind | seats.indexOf(seat));
    if (result < 0) {
      violations.worker(seat, link.epoch(), Death.ORDERED, "epoll_ctl " + result);
      return;
    }
    seat.attach(link, offer);
    dispatcher.pump(seat.device(), clock.nanoTime());
  }

  /**
   * Takes the last answers of a worker, forgets it and settles what it had.
   *
   * @return whether a request was blocked for the death
   */
  boolean detach(Seat seat, Availability next, Death death) {
    long nowNanos = clock.nanoTime();
    seat.availability(next);
    boolean blocked = false;
    WorkerLink link = seat.link();
    if (link != null) {
      seat.closeWindow();
      takeLastAnswers(seat, nowNanos);
      epoll.remove(link.memory().link().bellToBroker());
      seat.detach();
      blocked = settlement.settle(seat, death, nowNanos);
    }
    settled(seat.device(), nowNanos);
    return blocked;
  }

  /** Tells a worker to leave this broker for its successor; nothing of it is in flight. */
  void release(Seat seat) {
    WorkerLink link = seat.link();
    if (link == null) {
      return;
    }
    link.goAway();
    flushes.flushDevices();
    epoll.remove(link.memory().link().bellToBroker());
    seat.availability(Availability.STOPPING);
    seat.detach();
    settlement.settle(seat, Death.ORDERED, clock.nanoTime());
  }

  /** Changes what holds for a seat that gets no further request. */
  void availability(Seat seat, Availability next) {
    seat.availability(next);
    settled(seat.device(), clock.nanoTime());
  }

  /** What waits goes to another seat, or on waiting, or is refused if none will come. */
  private void settled(Device device, long nowNanos) {
    Availability now = device.availability();
    if (now.admits()) {
      dispatcher.pump(device, nowNanos);
    } else {
      settlement.refuseQueued(
          device, now.refusal(), endings.describe(device, now.toString()), nowNanos);
    }
  }

  /** Notes that a worker's doorbell rang; its answers are looked at in every pass. */
  void rung(int index) {
    counters.wakes.incrementPlain();
    heard.set(index);
  }

  /** Empties the bells that were heard. */
  void emptyBells() {
    if (heard.isEmpty()) {
      return;
    }
    for (int i = heard.nextSetBit(0); i >= 0; i = heard.nextSetBit(i + 1)) {
      WorkerLink link = seats.get(i).link();
      if (link != null && Pipes.drain(link.memory().link().bellToBroker()) < 0) {
        epoll.remove(link.memory().link().bellToBroker());
        bellClosed(seats.get(i));
      }
    }
    heard.clear();
  }

  /** A worker that died may have answered before: what it published is taken first. */
  void bellClosed(Seat seat) {
    seat.closeWindow();
    takeLastAnswers(seat, clock.nanoTime());
    violations.workerLeft(seat, seat.link().epoch(), "doorbell closed");
  }

  private void takeLastAnswers(Seat seat, long nowNanos) {
    while (answers.drain(seat, ServedSessions.RECORDS_PER_TURN, nowNanos)
        == ServedSessions.RECORDS_PER_TURN) {
      flushes.flushSessions();
    }
  }
}
