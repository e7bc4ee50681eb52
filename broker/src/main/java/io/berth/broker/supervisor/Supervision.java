// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.arena.GroupSegments;
import io.berth.broker.arena.SegmentHolders;
import io.berth.broker.arena.WorkerSegments;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.config.DeviceConfig.Guard;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All devices' supervisors, their doors, and the guards that the broker starts itself. */
public final class Supervision implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervision.class);
  private static final long GUARD_CHECK_NANOS = 500_000_000L;

  private final ControlLoop loop;

  /** By the device's name, or of a group's card by {@code DEVICE/CARD}. */
  private final Map<String, DeviceSupervisor> byName = new LinkedHashMap<>();

  private final List<WorkerDoor> doors = new ArrayList<>();
  private final List<GuardProcess> guards = new ArrayList<>();

  /** Devices whose guard was started by an earlier broker with another configuration. */
  private final Set<String> older = ConcurrentHashMap.newKeySet();

  private boolean stopping;
  private boolean keepsGuards;
  private boolean handedOver;

  public Supervision(
      ControlLoop loop,
      DataThread data,
      Config config,
      Map<String, Device> devices,
      Path dist,
      WorkerEvents events,
      long brokerEpoch,
      int yieldMicros) {
    this.loop = loop;
    for (DeviceConfig device : config.devices()) {
      List<DeviceConfig> workers = device.workers();
      List<Seat> seats = devices.get(device.resource()).seats();
      GroupOpening group = new GroupOpening(loop::schedule);
      for (int i = 0; i < workers.size(); i++) {
        add(
            config,
            workers.get(i),
            new DeviceSupervisor(
                loop,
                data,
                config,
                workers.get(i),
                seats.get(i),
                events,
                brokerEpoch,
                yieldMicros,
                group),
            dist);
      }
    }
  }

  private void add(Config config, DeviceConfig worker, DeviceSupervisor supervisor, Path dist) {
    byName.put(supervisor.name(), supervisor);
    doors.add(
        new WorkerDoor(
            loop,
            config.broker().workerSocket(worker.name()),
            GuardProcess.socket(config.broker().workersDirectory(), worker.name()),
            supervisor));
    if (worker.guard() == Guard.EMBEDDED) {
      guards.add(
          new GuardProcess(
              dist, config.broker().workersDirectory(), new DeviceCharge(config, worker, dist)));
    }
  }

  /** Opens the doors, taking their names from whoever had them; before the control thread runs. */
  public void openDoors() throws IOException {
    for (WorkerDoor door : doors) {
      door.open();
    }
  }

  /**
   * Starts the guards of which none is left by an earlier broker, and watches over all. From here
   * on they are this broker's: two brokers that both replaced a dead guard would leave two.
   */
  public void keepGuards() throws IOException {
    keepsGuards = true;
    for (GuardProcess guard : guards) {
      if (guard.survives()) {
        LOG.info("{}: a guard of an earlier broker still lives; waiting for it", guard.name());
        if (!guard.isAsConfigured()) {
          LOG.warn("{}", olderConfiguration(guard.name()));
          older.add(guard.name());
        }
      } else {
        guard.start();
      }
    }
    if (!guards.isEmpty()) {
      loop.execute(() -> loop.schedule(GUARD_CHECK_NANOS, this::checkGuards));
    }
  }

  /** What to know of a device, by its name, whose guard has not the configuration of now. */
  public static String olderConfiguration(String device) {
    return device
        + ": its configuration has changed since its guard was started. Driver, lanes, settings and"
        + " keys count from the worker's next start ('berth device release "
        + device
        + " --for 1s -- true' makes one); java_options, class_path, surroundings, ownership and"
        + " lock once the broker was stopped and started";
  }

  /** Whether that is to be known of a device, by its name. Any thread. */
  public boolean keepsOlderConfiguration(String device) {
    return older.contains(device);
  }

  private void checkGuards() {
    if (stopping) {
      return;
    }
    for (GuardProcess guard : guards) {
      if (!guard.isAlive()) {
        try {
          LOG.warn("a guard has died; starting another");
          guard.start();
          older.remove(guard.name());
        } catch (IOException e) {
          LOG.error("a guard could not be started: {}", e.getMessage());
        }
      }
    }
    loop.schedule(GUARD_CHECK_NANOS, this::checkGuards);
  }

  public DeviceSupervisor of(Seat seat) {
    return byName.get(seat.name());
  }

  /** Where the segments for a device go: to its worker, or to all of a group's. */
  public SegmentHolders segments(Device device) {
    List<WorkerSegments> all = device.seats().stream().map(seat -> of(seat).segments()).toList();
    return all.size() == 1 ? all.get(0) : new GroupSegments(all);
  }

  /** The supervisor of "scheme:name", or of a group's card "scheme:name/card", or null. */
  public DeviceSupervisor named(String name) {
    return byName.get(name);
  }

  /** The names of a group's cards, as {@link #named} takes them. */
  public List<String> cardsOf(String resource) {
    return byName.keySet().stream().filter(name -> name.startsWith(resource + "/")).toList();
  }

  public Collection<DeviceSupervisor> all() {
    return byName.values();
  }

  /** Whether no device is on its way any more. */
  public boolean allServe() {
    return byName.values().stream()
        .map(DeviceSupervisor::state)
        .allMatch(
            state ->
                state == WorkerState.SERVING
                    || state == WorkerState.AWAITING_LOCK
                    || state == WorkerState.STUCK
                    || state == WorkerState.GIVEN_UP
                    || state == WorkerState.RELEASED);
  }

  /** Ends all workers and guards. */
  public void stop(Runnable stopped) {
    stopping = true;
    int[] left = {byName.size()};
    if (left[0] == 0) {
      stopped.run();
    }
    for (DeviceSupervisor supervisor : byName.values()) {
      supervisor.stop(
          () -> {
            if (--left[0] == 0) {
              stopped.run();
            }
          });
    }
  }

  /** Lets go of all workers and guards for a successor, which has opened doors of its own. */
  public void handOver(Runnable whenHandedOver) {
    stopping = true;
    handedOver = true;
    for (WorkerDoor door : doors) {
      door.stopListening();
    }
    int[] left = {byName.size()};
    if (left[0] == 0) {
      whenHandedOver.run();
    }
    for (DeviceSupervisor supervisor : byName.values()) {
      supervisor.handOver(
          () -> {
            if (--left[0] == 0) {
              whenHandedOver.run();
            }
          });
    }
  }

  @Override
  public void close() throws IOException {
    for (WorkerDoor door : doors) {
      door.close();
    }
    // One that was refused the run directory must not forget the guards of the broker that has it.
    if (keepsGuards && !handedOver) {
      for (GuardProcess guard : guards) {
        guard.ended();
      }
    }
  }
}
