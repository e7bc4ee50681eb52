// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.request.RequestTable;
import io.berth.jni.os.Epoll;
import io.berth.jni.os.Pipes;
import io.berth.shm.frame.ReplayClass;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.NanoClock;

/**
 * How workers come and go at their devices, as the control thread commands it or a closed doorbell
 * tells it.
 *
 * <p>Data thread only.
 */
final class DeviceCommands {
  private final List<Device> devices;
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

  /** Whose bells were heard and not emptied since, by the device's index. */
  private final BitSet heard = new BitSet();

  /**
   * @param eventKind what the doorbells' events carry besides the device's index
   */
  DeviceCommands(
      Device[] devices,
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
    this.devices = List.of(devices);
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

  /** Lets a worker have the device's requests. */
  void attach(Device device, WorkerLink link, int window, Map<Integer, ReplayClass> replayTable) {
    int bell = link.memory().link().bellToBroker();
    int result = epoll.add(bell, Epoll.EPOLLIN, eventKind | devices.indexOf(device));
    if (result < 0) {
      violations.worker(device, link.epoch(), Death.ORDERED, "epoll_ctl " + result);
      return;
    }
    device.attach(link, window, replayTable);
    dispatcher.pump(device, clock.nanoTime());
  }

  /**
   * Takes the last answers of a worker, forgets it and settles what it had.
   *
   * @return whether a request was blocked for the death
   */
  boolean detach(Device device, Availability next, Death death) {
    long nowNanos = clock.nanoTime();
    device.availability(next);
    boolean blocked = false;
    WorkerLink link = device.link();
    if (link != null) {
      device.closeWindow();
      takeLastAnswers(device, nowNanos);
      epoll.remove(link.memory().link().bellToBroker());
      device.detach();
      blocked = settlement.settle(device, death, nowNanos);
    }
    refuseUnless(next, device, nowNanos);
    return blocked;
  }

  /** Tells a worker to leave this broker for its successor; nothing of it is in flight. */
  void release(Device device) {
    WorkerLink link = device.link();
    if (link == null) {
      return;
    }
    link.goAway();
    flushes.flushDevices();
    epoll.remove(link.memory().link().bellToBroker());
    device.availability(Availability.STOPPING);
    device.detach();
    settlement.settle(device, Death.ORDERED, clock.nanoTime());
  }

  /** Changes what holds for a device that has no worker. */
  void availability(Device device, Availability next) {
    device.availability(next);
    refuseUnless(next, device, clock.nanoTime());
  }

  private void refuseUnless(Availability next, Device device, long nowNanos) {
    if (!next.admits()) {
      settlement.refuseQueued(
          device, next.refusal(), endings.describe(device, next.toString()), nowNanos);
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
      WorkerLink link = devices.get(i).link();
      if (link != null && Pipes.drain(link.memory().link().bellToBroker()) < 0) {
        epoll.remove(link.memory().link().bellToBroker());
        bellClosed(devices.get(i));
      }
    }
    heard.clear();
  }

  /** A worker that died may have answered before: what it published is taken first. */
  void bellClosed(Device device) {
    device.closeWindow();
    takeLastAnswers(device, clock.nanoTime());
    violations.workerLeft(device, device.link().epoch(), "doorbell closed");
  }

  private void takeLastAnswers(Device device, long nowNanos) {
    while (answers.drain(device, ServedSessions.RECORDS_PER_TURN, nowNanos)
        == ServedSessions.RECORDS_PER_TURN) {
      flushes.flushSessions();
    }
  }
}
