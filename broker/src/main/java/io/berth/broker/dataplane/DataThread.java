// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerOffer;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionState;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Epoll;
import io.berth.jni.os.EventFd;
import io.berth.jni.os.OsException;
import io.berth.shm.ring.Idle;
import io.berth.shm.status.Reason;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.Consumer;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread on the data path: client rings → admission → queues → worker rings, and back.
 *
 * <p>It polls the hot set and the workers while there is work, yields for a while when there is
 * none, then arms every sleep word, fences, looks once more, and blocks in epoll. Everything that
 * is not the path of a request (opening handles, attaching workers, closing sessions) comes to it
 * as a command from the control thread.
 */
public final class DataThread implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(DataThread.class);

  private static final int HOT_SESSIONS = 1024;

  /** Messages of a pass that is worth repeating at once. */
  private static final int FULL_PASS = 64;

  private static final int EPOLL_EVERY_BUSY_PASSES = 32;
  private static final int EPOLL_EVERY_IDLE_PASSES = 8;
  private static final int MAX_EVENTS = 256;

  private static final long KIND_COMMAND = 0;
  private static final long KIND_SESSION = 1L << 32;
  private static final long KIND_DEVICE = 2L << 32;

  /** What the data thread needs to know of the configuration. */
  public record Settings(
      int slots,
      int maxInlineBytes,
      long yieldNanos,
      long blockTimeoutNanos,
      long tickNanos,
      long heartbeatTimeoutNanos) {}

  private final Settings settings;
  private final NanoClock clock;
  private final RequestTable requests;
  private final Device[] devices;
  private final Seat[] seats;
  private final Flushes flushes;
  private final Endings endings;
  private final Dispatcher dispatcher;
  private final RequestIntake intake;
  private final AnswerIntake answers;
  private final Expiry expiry;
  private final DeviceCommands deviceCommands;
  private final Farewells farewells = new Farewells();
  private final BrokerCounters counters;
  private final Violations violations;
  private final ServedSessions sessions;
  private final Idle idle;
  private final Epoll epoll;
  private final int commandBell;
  private final ManyToOneConcurrentLinkedQueue<Runnable> commands =
      new ManyToOneConcurrentLinkedQueue<>();
  private long lastTickNanos;
  private int busyPasses;
  private Runnable whenQuiet;
  private long quietUntilNanos;
  private volatile boolean stopping;

  /**
   * Builds the thread's world; {@link #run} is its life.
   *
   * @param requests shared with the devices' queues
   * @param violations called on the data thread
   */
  public DataThread(
      Settings settings,
      RequestTable requests,
      Device[] devices,
      BrokerCounters counters,
      KeyUseJournal journal,
      Violations violations)
      throws OsException {
    this(
        settings, requests, devices, counters, journal, violations, System::nanoTime, HOT_SESSIONS);
  }

  DataThread(
      Settings settings,
      RequestTable requests,
      Device[] devices,
      BrokerCounters counters,
      KeyUseJournal journal,
      Violations violations,
      NanoClock clock,
      int hotSessions)
      throws OsException {
    this.settings = settings;
    this.clock = clock;
    this.requests = requests;
    this.devices = devices.clone();
    this.seats =
        Arrays.stream(devices).flatMap(device -> device.seats().stream()).toArray(Seat[]::new);
    this.counters = counters;
    this.violations = new ViolationsOnce(violations);
    this.flushes =
        new Flushes(
            seats,
            new Flushes.GoneListener() {
              @Override
              public void sessionGone(Session session) {
                DataThread.this.violations.session(
                    session, Reason.CONNECTION_LOST, "doorbell closed");
              }

              @Override
              public void workerGone(Seat seat) {
                deviceCommands.bellClosed(seat);
              }
            });
    this.endings = new Endings(requests, flushes, counters, this.violations, journal);
    this.dispatcher = new Dispatcher(requests, endings, counters);
    this.intake =
        new RequestIntake(
            requests,
            dispatcher,
            endings,
            flushes,
            this.violations,
            journal,
            counters,
            settings.maxInlineBytes());
    this.answers =
        new AnswerIntake(
            requests,
            dispatcher,
            endings,
            flushes,
            this.violations,
            counters,
            settings.maxInlineBytes());
    this.expiry =
        new Expiry(
            requests,
            this.devices,
            seats,
            dispatcher,
            endings,
            this.violations,
            settings.heartbeatTimeoutNanos());
    this.idle = new Idle(settings.yieldNanos());
    this.epoll = new Epoll(MAX_EVENTS);
    this.commandBell = OsException.check("eventfd", EventFd.create());
    OsException.check("epoll_ctl", epoll.add(commandBell, Epoll.EPOLLIN, KIND_COMMAND));
    this.deviceCommands =
        new DeviceCommands(
            seats,
            dispatcher,
            answers,
            endings,
            flushes,
            counters,
            this.violations,
            requests,
            epoll,
            KIND_DEVICE,
            clock);
    this.sessions =
        new ServedSessions(
            new HotSet(hotSessions), intake, flushes, this.violations, epoll, KIND_SESSION, clock);
  }

  @Override
  public void run() {
    while (!stopping) {
      pass();
    }
    LOG.debug("data thread ends with {} requests in the broker", requests.used());
  }

  /**
   * One turn of the duty cycle; blocks when there has been nothing to do for the yield time. {@link
   * #run} does nothing else; public for tests and benchmarks, which take the thread's place.
   */
  public void pass() {
    long nowNanos = clock.nanoTime();
    int work = sessions.drain(nowNanos);
    flushes.flushDevices();
    for (Seat seat : seats) {
      work += answers.drain(seat, ServedSessions.RECORDS_PER_TURN, nowNanos);
    }
    work += runCommands();
    flushes.flushDevices();
    flushes.flushSessions();
    if (nowNanos - lastTickNanos >= settings.tickNanos()) {
      lastTickNanos = nowNanos;
      tick(nowNanos);
    }
    if (work > 0) {
      idle.worked(nowNanos);
      if (++busyPasses % EPOLL_EVERY_BUSY_PASSES == 0) {
        glance();
      }
      if (work < FULL_PASS) {
        idle.giveWay();
      }
    } else if (idle.isTimeToBlock(nowNanos)) {
      idle.woken(block());
    } else {
      if (idle.passes() % EPOLL_EVERY_IDLE_PASSES == 0) {
        glance();
      }
      idle.giveWay();
    }
  }

  private void tick(long nowNanos) {
    expiry.tick(nowNanos);
    farewells.tell();
    publish();
    if (whenQuiet != null && (requests.used() == 0 || nowNanos - quietUntilNanos >= 0)) {
      Runnable told = whenQuiet;
      whenQuiet = null;
      told.run();
    }
    flushes.flushDevices();
    flushes.flushSessions();
  }

  /** What tools see; also before blocking, so that the figures of an idle broker are true. */
  private void publish() {
    counters.inUse.setRelease(requests.used());
    for (int i = 0; i < devices.length; i++) {
      Device device = devices[i];
      counters
          .device(i)
          .publish(device.queue().size(), device.inFlight(), device.completed(), device.window());
    }
  }

  private int runCommands() {
    int count = 0;
    Runnable command;
    while ((command = commands.poll()) != null) {
      command.run();
      count++;
    }
    return count;
  }

  /** Sleeps. Returns whether it was woken, or need not have slept. */
  private boolean block() {
    boolean rung = true;
    emptyBells();
    sessions.arm();
    for (Seat seat : seats) {
      if (seat.link() != null) {
        seat.link().sleep().arm();
      }
    }
    VarHandle.fullFence();
    if (!sessions.mayHaveNews() && !anyAnswer() && commands.isEmpty()) {
      counters.blocks.incrementPlain();
      publish();
      rung = lookAtEvents(blockNanos()) > 0;
    }
    sessions.disarm();
    for (Seat seat : seats) {
      if (seat.link() != null) {
        seat.link().sleep().disarm();
      }
    }
    return rung;
  }

  /** Until the next thing that time does. */
  private long blockNanos() {
    if (requests.used() > 0 || whenQuiet != null || !farewells.isEmpty()) {
      return settings.tickNanos();
    }
    for (Seat seat : seats) {
      if (seat.link() != null) {
        return Math.min(settings.blockTimeoutNanos(), settings.heartbeatTimeoutNanos() / 2);
      }
    }
    return settings.blockTimeoutNanos();
  }

  private boolean anyAnswer() {
    for (Seat seat : seats) {
      if (seat.link() != null && seat.link().responses().hasNext()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Empties the bells that were heard at the last look: what they were rung for has been served by
   * now, and emptying them first would have held that up. Never while armed, as whoever rings for
   * this sleep does it once.
   */
  private void emptyBells() {
    sessions.emptyBells();
    deviceCommands.emptyBells();
  }

  /** Looks at events without sleeping. */
  private void glance() {
    emptyBells();
    lookAtEvents(0);
  }

  private int lookAtEvents(long timeoutNanos) {
    int count = timeoutNanos == 0 ? epoll.await(0) : epoll.awaitNanos(timeoutNanos);
    for (int i = 0; i < count; i++) {
      long data = epoll.data(i);
      int index = (int) data;
      if (data == KIND_COMMAND) {
        EventFd.drain(commandBell);
      } else if ((data & KIND_SESSION) != 0) {
        counters.wakes.incrementPlain();
        sessions.rung(index);
      } else {
        deviceCommands.rung(index);
      }
    }
    if (sessions.lookAgain()) {
      flushes.flushDevices();
      flushes.flushSessions();
    }
    return count;
  }

  /**
   * What counts a principal's uses of a key; null for a device's own name. Data thread only, for
   * commands.
   */
  public AtomicCounter keyUses(String resource, String account) {
    return resource.indexOf('/') < 0 ? null : counters.keyUses().of(resource, account);
  }

  // Commands. Called by the control thread; what they do happens on the data thread.

  /** Runs something on the data thread, soon. */
  public void execute(Runnable command) {
    commands.add(command);
    EventFd.signal(commandBell);
  }

  /** Begins to serve a session. To be told before its client hears WELCOME. */
  public void open(Session session) {
    execute(
        () -> {
          sessions.open(session);
          counters.sessions.incrementPlain();
        });
  }

  /**
   * Stops serving a session whose client is gone.
   *
   * @param closed runs on the data thread once nothing can touch the session's memory any more
   */
  public void close(Session session, Runnable closed) {
    execute(
        () -> {
          if (session.state().compareTo(SessionState.CLOSING) >= 0) {
            return;
          }
          session.move(SessionState.CLOSING);
          sessions.close(session);
          counters.sessions.setPlain(counters.sessions.getPlain() - 1);
          long nowNanos = clock.nanoTime();
          for (int slot = 0, end = requests.highWater(); slot < end; slot++) {
            if (requests.state(slot) != RequestState.FREE && requests.session(slot) == session) {
              letGo(slot, nowNanos);
            }
          }
          // What was written for it in this turn would be published later in it.
          flushes.forget(session);
          session.move(SessionState.CLOSED);
          farewells.add(session);
          farewells.tell();
          closed.run();
        });
  }

  private void letGo(int slot, long nowNanos) {
    if (requests.state(slot) == RequestState.QUEUED) {
      dispatcher.withdraw(slot);
      endings.refuseQueued(slot, Reason.CANCELLED, endings.text(), nowNanos);
    } else if (requests.state(slot) == RequestState.IN_FLIGHT) {
      dispatcher.cancel(slot);
      endings.abandon(slot, Reason.CANCELLED, endings.text());
    }
  }

  /** Lets a worker have its device's requests. */
  public void attach(Seat seat, WorkerLink link, WorkerOffer offer) {
    execute(() -> deviceCommands.attach(seat, link, offer));
  }

  /**
   * Takes the last answers of a worker, forgets it and settles what it had.
   *
   * @param next what holds for the seat until another worker attaches
   * @param death how it ended, and so whether the requests in flight are suspected
   * @param detached runs on the data thread; told whether a request was blocked for the death
   */
  public void detach(Seat seat, Availability next, Death death, Consumer<Boolean> detached) {
    execute(() -> detached.accept(deviceCommands.detach(seat, next, death)));
  }

  /**
   * Refuses what sessions ask from now on, while what they have goes on to its END.
   *
   * @param quiet runs on the data thread, when no worker has a request any more or the time is up
   */
  public void leave(long graceNanos, Runnable quiet) {
    execute(
        () -> {
          sessions.leave();
          quietUntilNanos = clock.nanoTime() + graceNanos;
          whenQuiet = quiet;
        });
  }

  /** Tells a worker to leave this broker for its successor; nothing of it is in flight. */
  public void release(Seat seat, Runnable released) {
    execute(
        () -> {
          deviceCommands.release(seat);
          released.run();
        });
  }

  /** Changes what holds for a seat that gets no further request. */
  public void availability(Seat seat, Availability next) {
    execute(() -> deviceCommands.availability(seat, next));
  }

  /** Ends the thread after the commands given so far. */
  public void stop() {
    execute(() -> stopping = true);
  }

  /** Closes what the thread used; after it has ended. */
  public void closeDescriptors() {
    epoll.close();
    Descriptors.close(commandBell);
  }
}
