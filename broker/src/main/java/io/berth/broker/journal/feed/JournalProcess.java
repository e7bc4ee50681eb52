// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal.feed;

import io.berth.broker.journal.Journal;
import io.berth.broker.journal.JournalException;
import io.berth.broker.journal.JournalFiles;
import io.berth.broker.journal.JournalReader;
import io.berth.broker.journal.TimedEntry;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Epoll;
import io.berth.jni.os.EventFd;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of the journal process: attaches to a broker, stores what it feeds, and, when the broker
 * dies, stores what is left in its ring and attaches to the next one.
 *
 * <pre>
 *   SEEKING ──WELCOME──▶ SERVING ──broker gone, ring stored or carried──▶ SEEKING
 *      └──────────────stop: ring stored, journal closed──▶ ended
 * </pre>
 *
 * What a full disk keeps from being stored when its broker is gone is carried in memory and stored
 * when there is space; only then the next broker is served.
 *
 * <p>One thread; {@link #stop} may be called by any.
 */
public final class JournalProcess {
  private static final Logger LOG = LoggerFactory.getLogger(JournalProcess.class);

  private static final int BATCH = 256;
  private static final int FAREWELL_BATCHES = 32;

  /** Short at first: a successor of the broker is behind the name within milliseconds. */
  private static final int FIRST_SEEK_MILLIS = 2;

  private static final int LONGEST_SEEK_MILLIS = 100;
  private static final int TICK_MILLIS = 250;
  private static final int WELCOME_MILLIS = 5_000;
  private static final long PRUNE_INTERVAL_NANOS = 3_600_000_000_000L;

  private final JournalFiles files;
  private final Path socket;
  private final int incarnation;
  private final SecureRandom random = new SecureRandom();
  private final Epoll epoll;
  private final int stopBell;

  /** Taken out of the ring and not yet stored. */
  private final List<TimedEntry> taken = new ArrayList<>();

  private Journal journal;
  private FeedSettings settings;
  private long nextPruneNanos;
  private int seekMillis = FIRST_SEEK_MILLIS;
  private volatile boolean stopping;

  public JournalProcess(JournalFiles files, Path socket, int incarnation) throws OsException {
    this.files = files;
    this.socket = socket;
    this.incarnation = incarnation;
    this.epoll = new Epoll(4);
    this.stopBell = OsException.check("eventfd", EventFd.create());
    OsException.check("epoll_ctl", epoll.add(stopBell, Epoll.EPOLLIN, 0));
  }

  /** Makes {@link #run} return soon, with everything stored and closed. */
  public void stop() {
    stopping = true;
    EventFd.signal(stopBell);
  }

  /**
   * Serves until {@link #stop}.
   *
   * @throws IOException if the journal cannot be opened or written any more; a new process reads
   *     from disk what is true
   */
  public void run() throws IOException {
    try {
      while (!stopping) {
        try (FeedSocket broker = seek()) {
          if (broker != null) {
            attach(broker);
          }
        }
      }
    } finally {
      if (journal != null) {
        if (!taken.isEmpty() && !store()) {
          LOG.error(
              "journal {}: {} records do not fit on the disk", files.directory(), taken.size());
        }
        journal.close();
      }
      epoll.close();
      Descriptors.close(stopBell);
    }
  }

  /** A broker, or null if there is none yet. */
  private FeedSocket seek() throws IOException {
    if (!taken.isEmpty() && !store()) {
      // Before the next broker's records come in, so that who counts them counts only those.
      epoll.await(TICK_MILLIS);
      return null;
    }
    try {
      return FeedSocket.connect(socket);
    } catch (IOException e) {
      LOG.debug("no broker: {}", e.getMessage());
      idle();
      pauseSeeking();
      return null;
    }
  }

  private void pauseSeeking() throws IOException {
    epoll.await(seekMillis);
    seekMillis = Math.min(2 * seekMillis, LONGEST_SEEK_MILLIS);
  }

  private void attach(FeedSocket broker) throws IOException {
    WorkerWelcome welcome = greet(broker);
    if (welcome == null) {
      pauseSeeking();
      return;
    }
    FeedLink link;
    long salvaged;
    try {
      FeedSettings wanted = FeedSettings.read(welcome.settings());
      link = FeedLink.map(broker.takeDescriptors());
      salvaged = open(wanted);
    } catch (IllegalArgumentException e) {
      LOG.error("the broker's welcome is refused: {}", e.getMessage());
      broker.send(new WorkerFailed(true, e.getMessage()));
      pauseSeeking();
      return;
    } catch (JournalException e) {
      // A lock may be let go; the other reasons are for people to mend.
      broker.send(new WorkerFailed(e.reason() != JournalException.Reason.LOCKED, e.getMessage()));
      throw e;
    }
    try {
      broker.send(
          new WorkerReady(1, BATCH, "journal", "chain " + journal.chainId(), "", List.of(), 0));
      seekMillis = FIRST_SEEK_MILLIS;
      serve(broker, link, salvaged);
    } finally {
      link.close();
    }
  }

  private WorkerWelcome greet(FeedSocket broker) throws IOException {
    int pid = Math.toIntExact(ProcessHandle.current().pid());
    broker.send(
        new WorkerHello(
            ControlMessage.MAJOR,
            ControlMessage.MINOR,
            incarnation,
            pid,
            journal != null,
            FeedDescriptor.NAME));
    long givenUpNanos = System.nanoTime() + WELCOME_MILLIS * 1_000_000L;
    OsException.check("epoll_ctl", epoll.add(broker.descriptor(), Epoll.EPOLLIN, 1));
    try {
      while (!stopping && !broker.ended() && System.nanoTime() - givenUpNanos < 0) {
        ControlMessage message = broker.receive();
        if (message instanceof WorkerWelcome welcome) {
          return welcome;
        }
        if (message != null) {
          LOG.warn("expected a welcome, found {}", message);
          return null;
        }
        idle();
        epoll.await(TICK_MILLIS);
      }
      return null;
    } finally {
      epoll.remove(broker.descriptor());
    }
  }

  /**
   * Opens the journal if it is not open with these settings.
   *
   * @return how many records of this broker's link before are stored without its knowing
   */
  private long open(FeedSettings wanted) throws IOException {
    if (journal != null && !settings.sameJournal(wanted)) {
      journal.close();
      journal = null;
    }
    settings = wanted;
    if (journal == null) {
      if (!files.exists()) {
        Journal.create(files, random);
        LOG.info(
            "created the journal {}; move {} to the auditor, away from this host",
            files.directory(),
            files.verificationKey());
      }
      journal = Journal.open(files, settings.journal(), random);
    }
    return wanted.acknowledged() < 0 ? 0 : JournalReader.givenAfter(files, wanted.acknowledged());
  }

  private void serve(FeedSocket broker, FeedLink link, long salvaged) throws IOException {
    OsException.check("epoll_ctl", epoll.add(broker.descriptor(), Epoll.EPOLLIN, 1));
    OsException.check("epoll_ctl", epoll.add(link.bell(), Epoll.EPOLLIN, 2));
    Journal.State told = null;
    boolean news = true;
    int farewell = 0;
    try {
      while (true) {
        boolean leaving = stopping || brokerLeft(broker);
        link.look(System.nanoTime());
        boolean sound = link.take(taken, BATCH);
        boolean idle = taken.isEmpty();
        boolean progress = !idle && store();
        if (progress) {
          link.stored();
        }
        news |= progress || told != journal.state();
        if (news && link.tell(stateCode(), journal.lastSequence(), salvaged)) {
          news = false;
          told = journal.state();
        }
        if (!sound) {
          // A broker that leaves wipes the ring once it has been told that all of it is stored.
          if (!leaving && !brokerLeft(broker)) {
            LOG.error("the broker's ring is broken: {}", link.violation());
          }
          return;
        }
        if (leaving && (!progress || ++farewell > FAREWELL_BATCHES)) {
          // All is stored; or the disk is full and what is left is carried; or this process ends
          // before its broker, which goes on and keeps what it is not told to be stored.
          link.take(taken, Integer.MAX_VALUE);
          return;
        }
        if (!progress && !leaving) {
          idle();
          if (!taken.isEmpty() || link.mayHaveSleep()) {
            epoll.await(TICK_MILLIS);
            link.awake();
          }
        }
      }
    } finally {
      epoll.remove(link.bell());
      epoll.remove(broker.descriptor());
    }
  }

  private static boolean brokerLeft(FeedSocket broker) throws IOException {
    ControlMessage message = broker.receive();
    if (message != null) {
      LOG.warn("unexpected message of the broker: kind {}", message.kind());
    }
    return broker.ended();
  }

  private int stateCode() {
    return journal.state() == Journal.State.FULL
        ? FeedDescriptor.STATE_FULL
        : FeedDescriptor.STATE_OPEN;
  }

  /** Stores everything taken. False: the disk is full, nothing of it is stored. */
  private boolean store() throws IOException {
    if (journal.state() == Journal.State.FULL) {
      journal.tick();
      if (journal.state() == Journal.State.FULL) {
        return false;
      }
    }
    try {
      journal.appendTimed(taken);
      taken.clear();
      return true;
    } catch (JournalException e) {
      if (e.reason() != JournalException.Reason.FULL) {
        throw e;
      }
      return false;
    }
  }

  private void idle() throws IOException {
    if (journal == null) {
      return;
    }
    journal.tick();
    long nowNanos = System.nanoTime();
    boolean due = nextPruneNanos == 0 || nowNanos - nextPruneNanos >= 0;
    if (due && !settings.retention().isZero() && journal.state() == Journal.State.OPEN) {
      nextPruneNanos = nowNanos + PRUNE_INTERVAL_NANOS;
      prune();
    }
  }

  private void prune() throws IOException {
    try {
      long firstKept = journal.prune(Instant.now().minus(settings.retention()));
      if (firstKept >= 0) {
        LOG.info("journal {}: records before {} are pruned", files.directory(), firstKept);
      }
    } catch (JournalException e) {
      // Neither is a reason to stop recording: the first passes, the second is for an auditor.
      if (e.reason() != JournalException.Reason.FULL
          && e.reason() != JournalException.Reason.TAMPERED) {
        throw e;
      }
      LOG.error("journal {}: not pruned: {}", files.directory(), e.getMessage());
    }
  }
}
