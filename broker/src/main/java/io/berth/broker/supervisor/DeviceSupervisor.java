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
import io.berth.broker.device.Device;
import io.berth.broker.device.WorkerLink;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.OperationEntry;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.status.Reason;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a worker behind one device: the state machine of {@link WorkerState}.
 *
 * <p>A successor is ordered only after the guard has said GONE, so that a card never has two
 * owners, whatever the worker's socket or heartbeat say.
 *
 * <p>Control thread only.
 */
public final class DeviceSupervisor implements WorkerDoor.Resident {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceSupervisor.class);
  private static final int MAX_WINDOW = 1024;

  private final ControlLoop loop;
  private final DataThread data;
  private final Config config;
  private final DeviceConfig deviceConfig;
  private final Device device;
  private final WorkerEvents events;
  private final long brokerEpoch;
  private final int yieldMicros;
  private final RestartPolicy restarts;
  private final WorkerSegments segments = new WorkerSegments();

  private WorkerState state = WorkerState.AWAITING_GUARD;
  private GuardChannel guard;
  private WorkerAttachment attachment;
  private ControlLoop.Timer timer;
  private int incarnation;
  private int epoch;
  private int workerPid;
  private String identity = "";
  private String notes = "";
  private String trouble = "";
  private boolean permanentFailure;
  private boolean deathForgiven;
  private Runnable whenReleased;
  private Runnable whenServing;
  private Runnable whenStopped;

  public DeviceSupervisor(
      ControlLoop loop,
      DataThread data,
      Config config,
      DeviceConfig deviceConfig,
      Device device,
      WorkerEvents events,
      long brokerEpoch,
      int yieldMicros) {
    this.loop = loop;
    this.data = data;
    this.config = config;
    this.deviceConfig = deviceConfig;
    this.device = device;
    this.events = events;
    this.brokerEpoch = brokerEpoch;
    this.yieldMicros = yieldMicros;
    this.restarts = new RestartPolicy(config.supervision());
  }

  private void move(WorkerState to) {
    if (!state.mayBecome(to)) {
      throw new IllegalStateException("worker of " + device.name() + ": " + state + " → " + to);
    }
    LOG.debug("worker of {}: {} → {}", device.name(), state, to);
    state = to;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void after(long delayNanos, Runnable task) {
    timer = loop.schedule(delayNanos, task);
  }

  // What the guard says.

  @Override
  public void guardArrived(GuardChannel channel, GuardMessage hello) {
    if (guard != null) {
      LOG.warn("device {}: a second guard connects; refused", device.name());
      channel.close();
      return;
    }
    guard = channel;
    incarnation = Math.max(incarnation, hello.incarnation());
    workerPid = hello.pid();
    if (state == WorkerState.STOPPING) {
      channel.send(
          GuardMessage.order(GuardMessage.ORDER_SHUTDOWN, incarnation, deviceConfig.name()));
      return;
    }
    if (hello.pid() == 0) {
      workerGone();
    } else if ((hello.status()
            & (GuardMessage.HELLO_WORKER_ENDING | GuardMessage.HELLO_WORKER_STUCK))
        != 0) {
      move(WorkerState.FENCING);
    } else {
      // A worker of the broker before this one: it keeps the device open and attaches anew.
      LOG.info("device {}: found worker {} running", device.name(), hello.pid());
      move(WorkerState.STARTING);
      after(config.supervision().startTimeoutNanos(), () -> fence("did not attach anew in time"));
      if (attachment != null) {
        welcome(0);
      }
    }
  }

  @Override
  public void guardLeft() {
    guard = null;
    if (state == WorkerState.STOPPING) {
      move(WorkerState.STOPPED);
      if (whenStopped != null) {
        whenStopped.run();
      }
      return;
    }
    LOG.warn("device {}: its guard is gone, and with it the worker", device.name());
    trouble = "guard lost";
    detach(Availability.COMING, false);
    move(WorkerState.AWAITING_GUARD);
  }

  @Override
  public void guardSays(GuardMessage message) {
    switch (message.kind()) {
      case GuardMessage.STARTED -> workerPid = message.pid();
      case GuardMessage.EXITED -> workerExited(message);
      case GuardMessage.GONE -> {
        if (message.incarnation() == incarnation) {
          workerGone();
        }
      }
      case GuardMessage.START_FAILED, GuardMessage.LOCK_BUSY -> {
        trouble = message.text();
        LOG.error("device {}: worker not started: {}", device.name(), message.text());
        died(false, message.text());
      }
      case GuardMessage.STUCK -> {
        trouble = "worker " + message.pid() + " cannot be killed: " + message.text();
        LOG.error("device {}: STUCK, {}", device.name(), trouble);
        move(WorkerState.STUCK);
        data.availability(device, Availability.GIVEN_UP);
        events.givenUp(device.name(), trouble);
      }
      case GuardMessage.UNLOCKED -> {
        if (state == WorkerState.RELEASING) {
          released();
        }
      }
      case GuardMessage.REFUSED ->
          LOG.warn("device {}: the guard refused: {}", device.name(), message.text());
      default -> LOG.debug("device {}: guard says {}", device.name(), message);
    }
  }

  private void workerExited(GuardMessage message) {
    String how = describeExit(message.status());
    LOG.warn("device {}: worker {} ended: {}", device.name(), message.pid(), how);
    events.died(device.name(), incarnation, how);
    trouble = trouble.isEmpty() ? how : trouble;
    if (state == WorkerState.STARTING
        || state == WorkerState.OPENING
        || state == WorkerState.SERVING) {
      detach(Availability.COMING, true);
      move(WorkerState.FENCING);
    }
  }

  private static String describeExit(int waitStatus) {
    int signal = waitStatus & 0x7F;
    return signal == 0 ? "exit code " + (waitStatus >> 8 & 0xFF) : "signal " + signal;
  }

  /** No process of the incarnation is left. */
  private void workerGone() {
    workerPid = 0;
    segments.detached();
    switch (state) {
      case AWAITING_GUARD -> start();
      case RELEASING -> unlock();
      case STOPPING, STOPPED, RELEASED, BACKING_OFF, GIVEN_UP -> {}
      default -> {
        // The settlement is asked for first, so that its verdict on the death is known.
        detach(Availability.COMING, true);
        data.execute(() -> loop.execute(() -> died(deathForgiven, trouble)));
      }
    }
  }

  private void unlock() {
    if (deviceConfig.ownership() == Ownership.SHARED) {
      released(); // Its guard holds no lock.
    } else {
      guard.send(GuardMessage.order(GuardMessage.ORDER_UNLOCK, incarnation, deviceConfig.name()));
    }
  }

  private void released() {
    move(WorkerState.RELEASED);
    if (whenReleased != null) {
      whenReleased.run();
      whenReleased = null;
    }
  }

  private void died(boolean forgiven, String why) {
    if (state == WorkerState.STOPPING
        || state == WorkerState.RELEASING
        || state == WorkerState.BACKING_OFF
        || state == WorkerState.AWAITING_GUARD) {
      return;
    }
    deathForgiven = false;
    restarts.died(forgiven, System.nanoTime());
    if (forgiven) {
      events.blocked(device.name(), why);
    }
    if (permanentFailure || restarts.isHopeless()) {
      giveUp(permanentFailure ? why : restarts.recentDeaths() + " deaths in a row; last: " + why);
      return;
    }
    move(WorkerState.BACKING_OFF);
    after(restarts.nextDelayNanos(), this::start);
  }

  private void giveUp(String why) {
    trouble = why;
    if (state != WorkerState.FENCING && state != WorkerState.STUCK) {
      move(WorkerState.BACKING_OFF);
    }
    move(WorkerState.GIVEN_UP);
    LOG.error(
        "device {}: given up: {}. Mend the cause, then: berth device restart {}",
        device.name(),
        why,
        device.name());
    data.availability(device, Availability.GIVEN_UP);
    events.givenUp(device.name(), why);
  }

  private void start() {
    if (guard == null) {
      move(WorkerState.AWAITING_GUARD);
      return;
    }
    move(WorkerState.STARTING);
    incarnation++;
    permanentFailure = false;
    trouble = "";
    guard.send(GuardMessage.order(GuardMessage.ORDER_START, incarnation, deviceConfig.name()));
    after(config.supervision().startTimeoutNanos(), () -> fence("did not attach in time"));
  }

  // What the worker says.

  @Override
  public void workerArrived(ControlChannel channel, long token, WorkerHello hello) {
    if (attachment != null) {
      channel.send(
          token,
          new Refused(
              Reason.DUPLICATE_ATTACH.usualStatus(),
              Reason.DUPLICATE_ATTACH,
              "device " + device.name() + " has a worker, pid " + attachment.hello.pid()));
      channel.close();
      return;
    }
    if (hello.major() != ControlMessage.MAJOR) {
      channel.send(
          token,
          new Refused(
              Reason.VERSION_MISMATCH.usualStatus(),
              Reason.VERSION_MISMATCH,
              "worker speaks " + hello.major() + ", broker " + ControlMessage.MAJOR));
      channel.close();
      return;
    }
    attachment = new WorkerAttachment(channel, hello, ++epoch);
    if (state == WorkerState.STARTING && hello.incarnation() == incarnation) {
      welcome(token);
    } else if (state != WorkerState.AWAITING_GUARD) {
      LOG.warn(
          "device {}: a worker of incarnation {} connects in state {}, expected {}",
          device.name(),
          hello.incarnation(),
          state,
          incarnation);
      dropAttachment();
    }
  }

  private void welcome(long token) {
    if (attachment.hello.incarnation() != incarnation) {
      dropAttachment();
      return;
    }
    move(WorkerState.OPENING);
    after(config.supervision().startTimeoutNanos(), () -> fence("did not open the device in time"));
    try {
      if (!attachment.welcome(token, config, deviceConfig, brokerEpoch, yieldMicros)) {
        fence("does not read its socket");
      }
    } catch (OsException e) {
      fence("no memory for its link: " + e.getMessage());
    }
  }

  @Override
  public void workerSays(ControlMessage message) {
    if (message instanceof WorkerReady ready && state == WorkerState.OPENING) {
      serve(ready);
    } else if (message instanceof SegmentMapped mapped) {
      segments.mapped(mapped);
    } else if (message instanceof SegmentReleased released) {
      segments.released(released);
    } else if (message instanceof WorkerFailed failed) {
      trouble = failed.text();
      permanentFailure = failed.permanent();
      LOG.error("device {}: the driver says: {}", device.name(), failed.text());
    } else {
      fence("said kind " + message.kind() + " in state " + state);
    }
  }

  private void serve(WorkerReady ready) {
    move(WorkerState.SERVING);
    identity = ready.identity();
    notes = ready.notes();
    trouble = "";
    restarts.serving(System.nanoTime());
    Map<Integer, ReplayClass> replay = new HashMap<>();
    for (OperationEntry entry : ready.operations()) {
      replay.put(entry.operation(), entry.replay());
    }
    int wanted = deviceConfig.window().orElse(ready.window());
    int window = Math.max(1, Math.min(wanted, MAX_WINDOW));
    WorkerLink link =
        new WorkerLink(attachment.epoch, attachment.memory, config.broker().maxInlineBytes());
    // Requests that name a segment must find it mapped.
    segments.attached(
        attachment.channel, () -> data.attach(device, link, window, Map.copyOf(replay)));
    LOG.info(
        "device {}: worker {} serves with {} lanes, window {}: {}{}",
        device.name(),
        attachment.hello.pid(),
        ready.lanes(),
        window,
        identity,
        notes.isEmpty() ? "" : "; " + notes);
    events.started(device.name(), incarnation, attachment.hello.pid(), identity);
    if (whenServing != null) {
      whenServing.run();
      whenServing = null;
    }
  }

  @Override
  public void workerMalformed(String text) {
    fence("sent no message of the protocol: " + text);
  }

  @Override
  public void workerHungUp(ControlChannel channel) {
    if (attachment == null || attachment.channel != channel) {
      channel.close();
    } else if (state == WorkerState.AWAITING_GUARD) {
      dropAttachment();
    } else if (state != WorkerState.FENCING
        && state != WorkerState.RELEASING
        && state != WorkerState.STOPPING) {
      // Its socket's end is no proof of its death: vendor code closes wrong descriptors.
      fence("its socket is closed");
    }
  }

  /** The data thread found the worker of this epoch broken or hung. */
  public void violated(int ofEpoch, String text) {
    if (attachment != null && attachment.epoch == ofEpoch && state == WorkerState.SERVING) {
      fence(text);
    }
  }

  private void fence(String why) {
    if (state == WorkerState.FENCING || state == WorkerState.STOPPING) {
      return;
    }
    LOG.warn("device {}: worker {} is fenced: {}", device.name(), workerPid, why);
    // What the driver itself has said explains more than how its worker then ended.
    trouble = trouble.isEmpty() ? why : trouble;
    events.fenced(device.name(), incarnation, why);
    detach(Availability.COMING, true);
    move(WorkerState.FENCING);
    if (guard != null) {
      guard.send(GuardMessage.order(GuardMessage.ORDER_KILL, incarnation, deviceConfig.name()));
    }
  }

  /** Takes the worker from the data thread; its memory is closed after that has happened. */
  private void detach(Availability next, boolean blame) {
    WorkerAttachment lost = attachment;
    attachment = null;
    if (lost == null) {
      data.availability(device, next);
      return;
    }
    lost.channel.close();
    data.detach(
        device,
        next,
        blame,
        blocked ->
            loop.execute(
                () -> {
                  deathForgiven |= blocked;
                  if (lost.memory != null) {
                    lost.memory.close();
                  }
                }));
  }

  private void dropAttachment() {
    attachment.channel.close();
    attachment = null;
  }

  // What administrators and the broker order.

  /** Starts again after GIVEN_UP. False in any other state. */
  public boolean restart() {
    if (state != WorkerState.GIVEN_UP) {
      return false;
    }
    restarts.reset();
    data.availability(device, Availability.COMING);
    start();
    return true;
  }

  /**
   * Takes the worker down and unlocks the device, for somebody else.
   *
   * @param by who asked, for the journal
   * @param released told once the device is free
   * @return null, or why not
   */
  public String release(String by, Runnable released) {
    if (guard == null || !state.mayBecome(WorkerState.RELEASING)) {
      return "device " + device.name() + " is " + state + "; only a running one can be released";
    }
    events.released(device.name(), by);
    whenReleased = released;
    boolean running = workerPid != 0;
    detach(Availability.RELEASED, false);
    move(WorkerState.RELEASING);
    if (running) {
      guard.send(GuardMessage.order(GuardMessage.ORDER_KILL, incarnation, deviceConfig.name()));
    } else {
      unlock();
    }
    return null;
  }

  /** Takes the device back after a release. */
  public String resume(Runnable serving) {
    if (state != WorkerState.RELEASED) {
      return "device " + device.name() + " is " + state + ", not RELEASED";
    }
    whenServing = serving;
    restarts.reset();
    events.resumed(device.name());
    data.availability(device, Availability.COMING);
    start();
    return null;
  }

  /** Ends worker and guard. */
  public void stop(Runnable stopped) {
    whenStopped = stopped;
    move(WorkerState.STOPPING);
    detach(Availability.STOPPING, false);
    if (guard == null) {
      move(WorkerState.STOPPED);
      stopped.run();
    } else {
      guard.send(GuardMessage.order(GuardMessage.ORDER_SHUTDOWN, incarnation, deviceConfig.name()));
    }
  }

  /**
   * Lets go of worker and guard without ending them: they find the successor behind the same
   * sockets. The device stays locked and open all the time.
   */
  public void handOver(Runnable handedOver) {
    WorkerAttachment left = attachment;
    attachment = null;
    move(WorkerState.STOPPED);
    data.release(
        device,
        () ->
            loop.execute(
                () -> {
                  if (left != null) {
                    left.channel.close();
                    if (left.memory != null) {
                      left.memory.close();
                    }
                  }
                  if (guard != null) {
                    guard.close();
                    guard = null;
                  }
                  handedOver.run();
                }));
  }

  /** The segments that this device's workers have mapped. */
  public WorkerSegments segments() {
    return segments;
  }

  public WorkerState state() {
    return state;
  }

  public int workerPid() {
    return workerPid;
  }

  public int incarnation() {
    return incarnation;
  }

  public String identity() {
    return identity;
  }

  public String notes() {
    return notes;
  }

  /** Why it does not serve; empty when it does. */
  public String trouble() {
    return trouble;
  }

  public Device device() {
    return device;
  }
}
