// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.Config;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.journal.feed.FeedDescriptor;
import io.berth.broker.journal.feed.FeedOffer;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.status.Reason;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the journal's process alive behind its guard, and gives it memory when it says hello.
 *
 * <pre>
 *   AWAITING_GUARD ──guard, no process──▶ STARTING ──attached──▶ SERVING
 *        ▲  └──guard, process runs──▶ STARTING │ ▲                  │ fence, exit
 *        │                            time-out ▼ │ back-off         ▼
 *        └──guard lost (from any)            ENDING ◀───────────────
 *   any ──stop──▶ STOPPING ──guard gone──▶ STOPPED
 * </pre>
 *
 * Unlike a device it is never given up: audited work stands still without it, so it is tried again,
 * with the longest pause, until somebody has mended the cause.
 *
 * <p>One thread: the one that runs its loop.
 */
public final class JournalSupervisor implements WorkerDoor.Resident, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalSupervisor.class);
  private static final long GUARD_CHECK_NANOS = 500_000_000L;

  /** Who feeds the journal. */
  public interface Feed {
    /** Sequence of the last journal record that was acknowledged, -1 if none. */
    long acknowledgedSequence();

    /** A journal process is there and opens its journal. */
    void attached(SessionMemory link);

    /** It is gone. What it said last is still in the link, whose memory is closed after this. */
    void detached();
  }

  private enum State {
    AWAITING_GUARD,
    STARTING,
    SERVING,
    ENDING,
    STOPPING,
    STOPPED
  }

  private final ControlLoop loop;
  private final Config config;
  private final Feed feed;
  private final long brokerEpoch;
  private final WorkerDoor door;
  private final GuardProcess guardProcess;
  private final GuardedProcess process = new GuardedProcess(FeedDescriptor.NAME);
  private final RestartPolicy restarts;

  private State state = State.AWAITING_GUARD;
  private ControlChannel channel;
  private SessionMemory link;
  private ControlLoop.Timer timer;
  private int links;
  private Runnable whenStopped;
  private volatile boolean keepsGuard;

  /**
   * @param dist the installation, with the guard
   * @param classPath of the journal's process
   */
  public JournalSupervisor(
      ControlLoop loop, Config config, Path dist, String classPath, Feed feed, long brokerEpoch) {
    this.loop = loop;
    this.config = config;
    this.feed = feed;
    this.brokerEpoch = brokerEpoch;
    Path directory = config.broker().workersDirectory();
    this.door =
        new WorkerDoor(
            loop,
            config.broker().workerSocket(FeedDescriptor.NAME),
            GuardProcess.socket(directory, FeedDescriptor.NAME),
            this);
    this.guardProcess =
        new GuardProcess(dist, directory, new JournalCharge(config, dist, classPath));
    this.restarts = new RestartPolicy(config.supervision());
  }

  /** Opens the door, taking its names from whoever had them; before the loop's thread runs. */
  public void openDoor() throws IOException {
    door.open();
  }

  /**
   * Starts the guard, unless one of an earlier broker is still there, and watches over it: it is
   * this broker's from here on. Any thread, once.
   */
  public void keepGuard() throws IOException {
    keepsGuard = true;
    if (guardProcess.survives()) {
      LOG.info("journal: a guard of an earlier broker still lives; waiting for it");
    } else {
      guardProcess.start();
    }
    loop.execute(() -> loop.schedule(GUARD_CHECK_NANOS, this::checkGuard));
  }

  private void checkGuard() {
    if (state == State.STOPPING || state == State.STOPPED) {
      return;
    }
    if (!guardProcess.isAlive()) {
      try {
        LOG.warn("journal: its guard has died; starting another");
        guardProcess.start();
      } catch (IOException e) {
        LOG.error("journal: its guard could not be started: {}", e.getMessage());
      }
    }
    loop.schedule(GUARD_CHECK_NANOS, this::checkGuard);
  }

  private void move(State to) {
    LOG.debug("journal: {} → {}", state, to);
    state = to;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  // What the guard says.

  @Override
  public void guardArrived(GuardChannel arrived, GuardMessage hello) {
    if (!process.arrived(arrived, hello)) {
      return;
    }
    if (state == State.STOPPED) {
      process.letGo(); // It belongs to the successor.
    } else if (state == State.STOPPING) {
      process.shutDown();
    } else if (!process.isUnderWay()) {
      start();
    } else if (hello.isEnding()) {
      move(State.ENDING);
    } else if (state == State.AWAITING_GUARD && channel == null) {
      LOG.info("journal: found process {} running", process.pid());
      awaitAttachment();
    }
  }

  @Override
  public void guardLeft() {
    process.left();
    if (state == State.STOPPING) {
      stopped();
    }
    if (state == State.STOPPED) {
      return;
    }
    LOG.warn("journal: its guard is gone, and with it the process");
    detach();
    move(State.AWAITING_GUARD);
  }

  @Override
  public void guardSays(GuardMessage message) {
    if (!process.heard(message) && message.kind() != GuardMessage.REFUSED) {
      return;
    }
    switch (message.kind()) {
      case GuardMessage.EXITED -> {
        if (state != State.STOPPING) {
          LOG.warn(
              "journal: process {} ended: {}", message.pid(), new WorkerExit(message.status()));
          ending();
        }
      }
      case GuardMessage.GONE -> {
        ending();
        backOff();
      }
      case GuardMessage.START_FAILED, GuardMessage.LOCK_BUSY -> {
        LOG.error("journal: not started: {}", message.text());
        backOff();
      }
      case GuardMessage.STUCK -> {
        LOG.error("journal: process {} cannot be killed: {}", message.pid(), message.text());
        if (state == State.STOPPING) {
          stopped(); // Its guard stays behind with the lock; nobody can do more.
        }
      }
      case GuardMessage.REFUSED -> LOG.warn("journal: the guard refused: {}", message.text());
      default -> LOG.debug("journal: guard says {}", message);
    }
  }

  private void ending() {
    detach();
    if (state != State.STOPPING && state != State.STOPPED) {
      move(State.ENDING);
    }
  }

  private void backOff() {
    if (state == State.STOPPING || state == State.STOPPED) {
      return;
    }
    restarts.died(false, System.nanoTime());
    move(State.ENDING);
    timer = loop.schedule(restarts.nextDelayNanos(), this::start);
  }

  private void start() {
    if (!process.hasGuard()) {
      move(State.AWAITING_GUARD);
      return;
    }
    process.start();
    awaitAttachment();
  }

  private void awaitAttachment() {
    move(State.STARTING);
    timer =
        loop.schedule(
            config.supervision().startTimeoutNanos(), () -> fence("did not attach in time"));
  }

  // What the journal's process says.

  @Override
  public void workerArrived(ControlChannel arrived, long token, WorkerHello hello) {
    if (channel != null || hello.major() != ControlMessage.MAJOR) {
      Reason reason = channel != null ? Reason.DUPLICATE_ATTACH : Reason.VERSION_MISMATCH;
      arrived.refuse(token, reason, "journal " + hello.pid());
      arrived.close();
      return;
    }
    if (state == State.ENDING || state == State.STOPPING) {
      arrived.close();
      return;
    }
    channel = arrived;
    try {
      FeedOffer offer =
          FeedOffer.make(config.journal(), ++links, brokerEpoch, 0, feed.acknowledgedSequence());
      link = offer.memory();
      int[] descriptors = link.peerDescriptors();
      boolean sent = channel.send(token, offer.welcome(), descriptors);
      Descriptors.close(descriptors[1]);
      link.closePeersEnds();
      if (!sent) {
        fence("does not read its socket");
      }
    } catch (OsException e) {
      fence("no memory for its link: " + e.getMessage());
    }
  }

  @Override
  public void workerSays(ControlMessage message) {
    if (message instanceof WorkerReady ready && link != null && state != State.SERVING) {
      move(State.SERVING);
      restarts.serving(System.nanoTime());
      LOG.info("journal: {} in {}", ready.identity(), config.journal().directory());
      feed.attached(link);
    } else if (message instanceof WorkerFailed failed) {
      LOG.error("journal: {}", failed.text());
    } else {
      fence("said kind " + message.kind());
    }
  }

  @Override
  public void workerMalformed(String text) {
    fence("sent no message of the protocol: " + text);
  }

  @Override
  public void workerHungUp(ControlChannel from) {
    if (channel != from) {
      from.close();
    } else if (state == State.STOPPING || state == State.ENDING) {
      detach();
    } else {
      fence("its socket is closed");
    }
  }

  /** Ends a process that breaks the protocol or hangs; a successor follows. */
  public void fence(String why) {
    if (state == State.ENDING || state == State.STOPPING || state == State.STOPPED) {
      return;
    }
    LOG.warn("journal: process {} is fenced: {}", process.pid(), why);
    detach();
    if (process.hasGuard()) {
      move(State.ENDING);
      process.kill();
    } else {
      move(State.AWAITING_GUARD);
    }
  }

  private void detach() {
    if (channel != null) {
      channel.close();
      channel = null;
    }
    if (link != null) {
      feed.detached();
      link.close();
      link = null;
    }
  }

  /** Ends process and guard, after what is in the ring has been stored. */
  public void stop(Runnable stopped) {
    whenStopped = stopped;
    move(State.STOPPING);
    if (process.hasGuard()) {
      process.shutDown();
    } else {
      stopped();
    }
  }

  private void stopped() {
    detach();
    move(State.STOPPED);
    whenStopped.run();
  }

  /** Lets go of process and guard for a successor, which has opened a door of its own. */
  public void handOver() {
    door.stopListening();
    detach();
    move(State.STOPPED);
    process.letGo();
  }

  /** After {@link #stop}; after {@link #handOver} there is nothing to close. */
  @Override
  public void close() throws IOException {
    door.close();
    if (keepsGuard) {
      guardProcess.ended();
    }
  }
}
