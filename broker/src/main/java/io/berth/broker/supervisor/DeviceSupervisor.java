// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.arena.WorkerSegments;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.config.DeviceConfig.Ownership;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Seat;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerHello;
import java.util.function.Consumer;

/**
 * Keeps a worker behind one device, or behind one card of a group: its life as the guard tells it
 * ({@link WorkerLife}), its link as it speaks for itself ({@link WorkerLinks}), and what
 * administrators and the broker order.
 *
 * <p>Control thread only.
 */
public final class DeviceSupervisor implements WorkerDoor.Resident {
  private final ControlLoop loop;
  private final DataThread data;
  private final DeviceConfig deviceConfig;
  private final Seat seat;
  private final WorkerEvents events;
  private final WorkerNews news = new WorkerNews();
  private final WorkerLife life;
  private final WorkerLinks links;

  public DeviceSupervisor(
      ControlLoop loop,
      DataThread data,
      Config config,
      DeviceConfig deviceConfig,
      Seat seat,
      WorkerEvents events,
      long brokerEpoch,
      int yieldMicros,
      GroupOpening group) {
    this.loop = loop;
    this.data = data;
    this.deviceConfig = deviceConfig;
    this.seat = seat;
    this.events = events;
    this.life =
        new WorkerLife(
            loop,
            seat.name(),
            deviceConfig.name(),
            config.supervision(),
            events,
            news,
            new Surroundings());
    this.links =
        new WorkerLinks(
            loop,
            data,
            config,
            deviceConfig,
            seat,
            events,
            news,
            life,
            brokerEpoch,
            yieldMicros,
            group);
  }

  private final class Surroundings implements WorkerLife.Surroundings {
    @Override
    public void found() {
      links.guardFound();
    }

    @Override
    public void detach(Availability next, Death death) {
      links.detach(next, death);
    }

    @Override
    public void awaitVerdict(Consumer<Boolean> verdict) {
      // Behind the detachment in both threads' queues.
      data.execute(() -> loop.execute(() -> verdict.accept(links.takeVerdict())));
    }

    @Override
    public void gone() {
      links.segments().detached();
    }

    @Override
    public boolean isLocked() {
      return deviceConfig.ownership() == Ownership.EXCLUSIVE;
    }

    @Override
    public boolean isRemote() {
      return deviceConfig.isRemote();
    }

    @Override
    public String obstacle() {
      return SettingsMessages.excess(deviceConfig);
    }
  }

  // What its door tells.

  @Override
  public void guardArrived(GuardChannel channel, GuardMessage hello) {
    life.guardArrived(channel, hello);
  }

  @Override
  public void guardLeft() {
    life.guardLeft();
  }

  @Override
  public void guardSays(GuardMessage message) {
    life.guardSays(message);
  }

  @Override
  public void workerArrived(ControlChannel channel, long token, WorkerHello hello) {
    links.arrived(channel, token, hello);
  }

  @Override
  public void workerSays(ControlMessage message) {
    links.says(message);
  }

  @Override
  public void workerMalformed(String text) {
    links.broke("sent no message of the protocol: " + text);
  }

  @Override
  public void workerHungUp(ControlChannel channel) {
    links.hungUp(channel);
  }

  // What the data thread finds.

  /** The worker of this epoch is broken or hangs. */
  public void violated(int ofEpoch, Death death, String text) {
    if (links.isServing(ofEpoch)) {
      life.fence(text, death);
    }
  }

  /** The worker of this epoch has closed its end. */
  public void left(int ofEpoch, String text) {
    if (links.isServing(ofEpoch)) {
      life.fenceWhoLeft(text);
    }
  }

  // What administrators and the broker order.

  /** Starts again after GIVEN_UP. False in any other state. */
  public boolean restart() {
    if (life.state() != WorkerState.GIVEN_UP) {
      return false;
    }
    data.availability(seat, Availability.COMING);
    life.startAfresh();
    return true;
  }

  /**
   * Lets the worker close the device, kills it after the grace, and unlocks the device for somebody
   * else: {@link WorkerState#RELEASED} then.
   *
   * @param by who asked, for the journal
   * @return null, or why not
   */
  public String release(String by) {
    String refusal = life.release(by);
    if (refusal == null) {
      data.availability(seat, Availability.RELEASED);
    }
    return refusal;
  }

  /** Takes the device back after a release. Null, or why not. */
  public String resume() {
    if (life.state() != WorkerState.RELEASED) {
      return "device " + seat.name() + " is " + life.state() + ", not RELEASED";
    }
    events.resumed(seat.name());
    data.availability(seat, Availability.COMING);
    life.startAfresh();
    return null;
  }

  /** Ends worker and guard. */
  public void stop(Runnable stopped) {
    links.detach(Availability.STOPPING, Death.ORDERED);
    life.stop(stopped);
  }

  /**
   * Lets go of worker and guard without ending them: they find the successor behind the same
   * sockets. The device stays locked and open all the time.
   */
  public void handOver(Runnable handedOver) {
    life.leave();
    links.release(
        () -> {
          life.letGo();
          handedOver.run();
        });
  }

  // What it tells.

  /** The segments that this device's workers have mapped. */
  public WorkerSegments segments() {
    return links.segments();
  }

  public WorkerState state() {
    return life.state();
  }

  public int workerPid() {
    return life.pid();
  }

  public int incarnation() {
    return life.incarnation();
  }

  public String identity() {
    return news.identity();
  }

  public String notes() {
    return news.notes();
  }

  /** Why it does not serve; empty when it does. */
  public String trouble() {
    return news.trouble();
  }

  /** As people name it: the device, or one card of a group. */
  public String name() {
    return seat.name();
  }

  /** What the data thread knows of it. */
  public Seat seat() {
    return seat;
  }
}
