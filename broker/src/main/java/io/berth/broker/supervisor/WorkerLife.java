// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.SupervisionConfig;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one device's worker, as its guard tells it: the mover of {@link WorkerState}, and
 * what follows each death.
 *
 * <p>A successor is ordered only after the guard has said GONE, so that a card never has two
 * owners, whatever the worker's socket or heartbeat say.
 *
 * <p>Control thread only.
 */
final class WorkerLife {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerLife.class);
  private static final long FIRST_LOOK_AT_LOCK_NANOS = 100_000_000L;

  /** What takes part in it. */
  interface Surroundings {
    /** A worker of an earlier broker runs and may be attached already. */
    void found();

    /** Takes the worker's link from the data path; nothing if there is none. */
    void detach(Availability next, Death death);

    /** Tells, once the requests are settled, whether one was found guilty of this death. */
    void awaitVerdict(Consumer<Boolean> verdict);

    /** No process is left that has the device or a client's memory. */
    void gone();

    /** Whether the device has a lock, which its guard holds. */
    boolean isLocked();

    /** Whether the device is reached over the network. */
    boolean isRemote();

    /** Why no worker of this configuration can serve, or null. */
    String obstacle();
  }

  private final ControlLoop loop;
  private final String device;
  private final SupervisionConfig config;
  private final WorkerEvents events;
  private final WorkerNews news;
  private final Surroundings surroundings;
  private final GuardedProcess worker;
  private final RestartPolicy restarts;
  private final Backoff lockLooks;
  private WorkerState state = WorkerState.AWAITING_GUARD;
  private ControlLoop.Timer timer;
  private Runnable whenStopped;

  /**
   * Starts nothing before its guard has said hello.
   *
   * @param device as people and the journal name it
   * @param guardName as its guard is named
   */
  WorkerLife(
      ControlLoop loop,
      String device,
      String guardName,
      SupervisionConfig config,
      WorkerEvents events,
      WorkerNews news,
      Surroundings surroundings) {
    this.loop = loop;
    this.device = device;
    this.config = config;
    this.events = events;
    this.news = news;
    this.surroundings = surroundings;
    this.worker = new GuardedProcess(guardName);
    this.restarts = new RestartPolicy(config);
    this.lockLooks =
        new Backoff(
            FIRST_LOOK_AT_LOCK_NANOS,
            Math.max(FIRST_LOOK_AT_LOCK_NANOS, config.restartBackoff().maxNanos()));
  }

  WorkerState state() {
    return state;
  }

  int pid() {
    return worker.pid();
  }

  int incarnation() {
    return worker.incarnation();
  }

  private void move(WorkerState to) {
    if (!state.mayBecome(to)) {
      throw new IllegalStateException("worker of " + device + ": " + state + " → " + to);
    }
    LOG.debug("worker of {}: {} → {}", device, state, to);
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

  void guardArrived(GuardChannel channel, GuardMessage hello) {
    if (!worker.arrived(channel, hello)) {
      return;
    }
    if (!worker.isUnderWay()) {
      workerGone();
      return;
    }
    switch (state) {
      case STOPPED -> worker.letGo(); // It belongs to the successor.
      case RELEASED, GIVEN_UP -> worker.kill();
      default -> {
        if (hello.isStuck()) {
          stuck(hello);
        } else if (hello.isEnding()) {
          move(WorkerState.FENCING);
        } else {
          // A worker of the broker before this one: it keeps the device open and attaches anew.
          LOG.info("device {}: found worker {} running", device, worker.pid());
          move(WorkerState.STARTING);
          fenceAfter(config.startTimeoutNanos(), "did not attach anew in time");
          surroundings.found();
        }
      }
    }
  }

  void guardLeft() {
    worker.left();
    switch (state) {
      case STOPPING -> stopped();
      case RELEASED, GIVEN_UP -> LOG.info("device {}: lost its guard while {}", device, state);
      case STOPPED -> {}
      default -> {
        LOG.warn("device {}: its guard is gone, and with it the worker", device);
        news.trouble("guard lost");
        surroundings.detach(Availability.COMING, Death.ORDERED);
        move(WorkerState.AWAITING_GUARD);
      }
    }
  }

  void guardSays(GuardMessage message) {
    if (message.kind() == GuardMessage.REFUSED) {
      refused(message);
      return;
    }
    if (!worker.heard(message)) {
      return;
    }
    switch (message.kind()) {
      case GuardMessage.STARTED -> {
        lockLooks.reset();
        news.started();
      }
      case GuardMessage.EXITED -> exited(message.pid(), new WorkerExit(message.status()));
      case GuardMessage.GONE -> workerGone();
      case GuardMessage.START_FAILED -> notStarted(message.text());
      case GuardMessage.LOCK_BUSY -> lockBusy(message.text());
      case GuardMessage.STUCK -> stuck(message);
      case GuardMessage.UNLOCKED -> {
        if (state == WorkerState.RELEASING) {
          move(WorkerState.RELEASED);
        }
      }
      default -> LOG.debug("device {}: guard says {}", device, message);
    }
  }

  private void refused(GuardMessage message) {
    LOG.warn("device {}: the guard refused: {}", device, message.text());
    if (message.status() == GuardMessage.ORDER_STOP && state == WorkerState.RELEASING) {
      worker.kill(); // A guard of an earlier installation, which knows no peaceful end.
    }
  }

  private void exited(int pid, WorkerExit exit) {
    boolean told = state == WorkerState.STOPPING || state == WorkerState.RELEASING;
    if (told && exit.isPeaceful()) {
      LOG.info("device {}: worker {} was stopped: {}", device, pid, exit);
      events.stopped(device, worker.incarnation(), exit.toString());
      return;
    }
    LOG.warn("device {}: worker {} ended: {}", device, pid, exit);
    events.died(device, worker.incarnation(), exit.toString());
    if (state.wantsWorker()) {
      news.troubleIfNone(exit.toString());
      surroundings.detach(Availability.COMING, exit.death());
      if (state != WorkerState.FENCING && state != WorkerState.STUCK) {
        move(WorkerState.FENCING);
      }
    }
  }

  private void workerGone() {
    surroundings.gone();
    switch (state) {
      case AWAITING_GUARD -> start();
      case RELEASING -> unlock();
      case FENCING, STUCK -> {
        surroundings.detach(Availability.COMING, Death.FROM_OUTSIDE);
        surroundings.awaitVerdict(guilty -> died(guilty, news.trouble()));
      }
      default -> {}
    }
  }

  private void notStarted(String why) {
    LOG.error("device {}: worker not started: {}", device, why);
    news.trouble(why);
    if (state == WorkerState.RELEASING) {
      unlock();
    } else {
      died(false, why);
    }
  }

  /** Somebody else has the device: that is no fault of it, so it is waited for. */
  private void lockBusy(String holder) {
    if (state == WorkerState.RELEASING) {
      unlock();
    } else if (state == WorkerState.STARTING || state == WorkerState.FENCING) {
      String why = "its lock is " + holder;
      if (!why.equals(news.trouble())) {
        LOG.warn("device {}: {}; waiting for it", device, why);
      }
      news.trouble(why);
      // FENCING: the answer came too late to count as a start.
      boolean late = state == WorkerState.FENCING;
      move(late ? WorkerState.BACKING_OFF : WorkerState.AWAITING_LOCK);
      after(lockLooks.next(), this::start);
    }
  }

  private void stuck(GuardMessage message) {
    news.trouble("worker " + message.pid() + " cannot be killed: " + message.text());
    LOG.error("device {}: STUCK, {}", device, news.trouble());
    events.givenUp(device, news.trouble());
    if (state == WorkerState.STOPPING) {
      stopped(); // Its guard stays behind with the lock; nobody can do more.
      return;
    }
    if (state != WorkerState.FENCING && state != WorkerState.RELEASING) {
      move(WorkerState.FENCING);
    }
    move(WorkerState.STUCK);
    surroundings.detach(Availability.GIVEN_UP, Death.FROM_OUTSIDE);
  }

  private void unlock() {
    surroundings.detach(Availability.RELEASED, Death.ORDERED);
    if (surroundings.isLocked()) {
      worker.unlock();
    } else {
      move(WorkerState.RELEASED);
    }
  }

  /** Decides what follows a worker of which nothing is left. */
  private void died(boolean forgiven, String why) {
    if (state != WorkerState.FENCING
        && state != WorkerState.STUCK
        && state != WorkerState.STARTING) {
      return; // Something else was ordered meanwhile.
    }
    // What is out of reach says nothing about itself, and comes back.
    boolean awaited = surroundings.isRemote() && news.isPassing();
    restarts.died(forgiven || awaited, System.nanoTime());
    if (forgiven) {
      events.blocked(device, why);
    }
    if (news.isPermanent()) {
      giveUp(why);
    } else if (restarts.isHopeless()) {
      giveUp(restarts.recentDeaths() + " deaths in a row; last: " + why);
    } else {
      move(WorkerState.BACKING_OFF);
      after(restarts.nextDelayNanos(), this::start);
    }
  }

  private void giveUp(String why) {
    news.trouble(why);
    move(WorkerState.GIVEN_UP);
    LOG.error(
        "device {}: given up: {}. Mend the cause, then: berth device restart {} (if the cause was"
            + " in the configuration: berth reload first)",
        device,
        why,
        device);
    surroundings.detach(Availability.GIVEN_UP, Death.ORDERED);
    events.givenUp(device, why);
  }

  private void start() {
    if (!worker.hasGuard()) {
      move(WorkerState.AWAITING_GUARD);
      return;
    }
    move(WorkerState.STARTING);
    String obstacle = surroundings.obstacle();
    if (obstacle != null) {
      giveUp(obstacle);
      return;
    }
    news.tried();
    worker.start();
    fenceAfter(config.startTimeoutNanos(), "did not attach in time");
  }

  private void fenceAfter(long nanos, String why) {
    after(nanos, () -> fence(why, Death.BY_ITSELF));
  }

  // What the worker's link tells.

  /** The worker has attached and opens the device. */
  void opens() {
    move(WorkerState.OPENING);
    fenceAfter(config.startTimeoutNanos(), "did not open the device in time");
  }

  void serves() {
    move(WorkerState.SERVING);
    restarts.serving(System.nanoTime());
  }

  /** Has the worker killed, and settles its requests at once: its end will tell nothing more. */
  void fence(String why, Death death) {
    if (beginFencing(why)) {
      if (death == Death.CARD_FAILED) {
        restarts.cardFailed(System.nanoTime());
      }
      surroundings.detach(Availability.COMING, death);
    }
  }

  /**
   * As {@link #fence}, of a worker that closed its end: it may be dead already, and how it exited
   * will tell whether a request killed it. Its socket's end alone is no proof of its death: vendor
   * code closes wrong descriptors.
   */
  void fenceWhoLeft(String why) {
    beginFencing(why);
  }

  private boolean beginFencing(String why) {
    if (state == WorkerState.AWAITING_GUARD || !state.mayBecome(WorkerState.FENCING)) {
      return false;
    }
    LOG.warn("device {}: worker {} is fenced: {}", device, worker.pid(), why);
    news.troubleIfNone(why);
    events.fenced(device, worker.incarnation(), why);
    move(WorkerState.FENCING);
    worker.kill();
    return true;
  }

  // What administrators and the broker order.

  /** Null, or why it cannot be released now. */
  String release(String by) {
    if (!worker.hasGuard() || !state.mayBecome(WorkerState.RELEASING)) {
      return "device " + device + " is " + state + "; only a running one can be released";
    }
    events.released(device, by);
    move(WorkerState.RELEASING);
    if (worker.isUnderWay()) {
      // What is on the device may still end; the link stays until the worker has ended.
      worker.stop();
    } else {
      unlock();
    }
    return null;
  }

  /** Starts again after GIVEN_UP or RELEASED, with a clean record. */
  void startAfresh() {
    restarts.reset();
    lockLooks.reset();
    start();
  }

  /** Ends worker and guard. */
  void stop(Runnable stopped) {
    whenStopped = stopped;
    move(WorkerState.STOPPING);
    if (worker.hasGuard()) {
      worker.shutDown();
    } else {
      stopped();
    }
  }

  private void stopped() {
    move(WorkerState.STOPPED);
    whenStopped.run();
  }

  /** Nothing is decided here any more: a successor does. */
  void leave() {
    move(WorkerState.STOPPED);
  }

  /** The guard may look for the successor. */
  void letGo() {
    worker.letGo();
  }
}
