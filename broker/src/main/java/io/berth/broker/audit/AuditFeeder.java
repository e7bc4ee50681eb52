// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.control.ControlLoop;
import io.berth.broker.journal.AuditEntry;
import io.berth.broker.journal.AuditEvent;
import io.berth.broker.journal.TimedEntry;
import io.berth.broker.policy.Principal;
import io.berth.broker.session.SessionMemory;
import io.berth.broker.supervisor.JournalSupervisor;
import io.berth.jni.os.OsException;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Feeds the journal's process: collects what the other threads report, keeps it until it is stored,
 * and puts it into the ring of whichever process is attached.
 *
 * <p>{@link #offer} may be called by any thread and never waits; everything else belongs to the
 * thread of the loop.
 */
final class AuditFeeder implements JournalSupervisor.Feed {
  private static final Logger LOG = LoggerFactory.getLogger(AuditFeeder.class);

  private static final int QUEUE = 8_192;
  private static final int BACKLOG = 16_384;
  private static final long CHECK_NANOS = 1_000_000_000L;

  /** A disk may stall for seconds; a process that does not even look for so long is stuck. */
  private static final long HANG_NANOS = 30_000_000_000L;

  private final ControlLoop loop;
  private final FeederBell bell;
  private final KeyUses keyUses;
  private final ManyToOneConcurrentArrayQueue<TimedEntry> events =
      new ManyToOneConcurrentArrayQueue<>(QUEUE);
  private final AtomicLong lostEvents = new AtomicLong();
  private final Backlog backlog = new Backlog(BACKLOG);

  private JournalLink link;
  private Consumer<String> broken = text -> {};
  private boolean greeted;
  private long acknowledgedSequence = -1;
  private long acknowledgedOnLink;
  private long lostUsesTold;
  private long lostEventsTold;
  private final AtomicLong storedTotal = new AtomicLong();
  private final AtomicLong published = new AtomicLong();
  private volatile String state = "no process";
  private Runnable whenStored;
  private Runnable whenAvailable;

  AuditFeeder(ControlLoop loop, FeederBell bell, KeyUses keyUses) {
    this.loop = loop;
    this.bell = bell;
    this.keyUses = keyUses;
  }

  /**
   * Begins to listen.
   *
   * @param tellBroken ends a journal process that breaks the protocol
   */
  void begin(Consumer<String> tellBroken) throws OsException {
    broken = tellBroken;
    loop.register(
        bell.descriptor(),
        ready -> {
          bell.awake();
          pump();
        });
    loop.schedule(CHECK_NANOS, this::check);
  }

  // Any thread.

  /** Takes an entry; when there is no room it is counted. Whether it was taken. */
  boolean offer(AuditEntry entry) {
    boolean taken = events.offer(new TimedEntry(nowNanos(), entry));
    if (!taken) {
      lostEvents.incrementAndGet();
    }
    bell.ringIfAsleep();
    return taken;
  }

  private static long nowNanos() {
    return ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
  }

  /** Entries stored since the start, of which the journal told. */
  long stored() {
    return storedTotal.get();
  }

  /** In words, for people. */
  String state() {
    return state;
  }

  /** Entries put into rings since the start. */
  long published() {
    return published.get();
  }

  // The loop's thread.

  /** Calls back once everything that was offered before is stored. */
  void flush(Runnable stored) {
    whenStored = stored;
    pump();
  }

  /** Calls back once the journal takes records. */
  void awaitAvailable(Runnable available) {
    whenAvailable = available;
    pump();
  }

  private void pump() {
    boolean more = true;
    while (more) {
      if (link != null) {
        link.awake();
        hear();
      }
      more = collect();
      more |= send();
      judge();
      if (!more) {
        bell.fallAsleep();
        boolean mayCollect = !backlog.isFull() && (!events.isEmpty() || keyUses.waiting() > 0);
        more = mayCollect || (link != null && !link.mayHaveSleep());
      }
    }
  }

  /** Reads statuses. A link that is broken is gone after this. */
  private void hear() {
    String violation = link.readStatuses();
    if (violation != null) {
      broken.accept("told nonsense: " + violation);
      return;
    }
    if (!greeted && link.hasSpoken()) {
      greeted = true;
      salvage();
    }
    acknowledge();
  }

  private void salvage() {
    long salvaged = Math.min(link.salvaged(), backlog.waiting());
    if (salvaged != link.salvaged()) {
      LOG.error(
          "journal: found {} records not acknowledged, expected at most {}",
          link.salvaged(),
          salvaged);
    }
    backlog.salvaged(salvaged);
    storedTotal.addAndGet(salvaged);
  }

  private void acknowledge() {
    long more = link.stored() - acknowledgedOnLink;
    backlog.stored(more);
    acknowledgedOnLink += more;
    storedTotal.addAndGet(more);
    acknowledgedSequence = Math.max(acknowledgedSequence, link.headSequence());
  }

  private boolean collect() {
    // Key uses are counted before the events are taken: what opened their session was offered
    // before
    // them, and so comes before them into the journal.
    int uses = keyUses.waiting();
    boolean any = false;
    TimedEntry event;
    while (!backlog.isFull() && (event = events.poll()) != null) {
      any = true;
      backlog.add(event);
    }
    for (; uses > 0 && !backlog.isFull(); uses--) {
      any = true;
      KeyUseRecord use = keyUses.poll();
      backlog.add(entry(use));
      keyUses.giveBack(use);
    }
    any |= collectLosses();
    return any;
  }

  private boolean collectLosses() {
    long uses = keyUses.lost();
    long lost = lostEvents.get();
    if ((uses == lostUsesTold && lost == lostEventsTold) || backlog.isFull()) {
      return false;
    }
    String detail =
        "key uses lost=" + (uses - lostUsesTold) + " other events lost=" + (lost - lostEventsTold);
    LOG.error("journal: no room for records: {}", detail);
    backlog.add(
        new TimedEntry(
            nowNanos(), AuditEntry.own(AuditEvent.RECORDS_LOST, Status.DATA_LOSS.code(), detail)));
    lostUsesTold = uses;
    lostEventsTold = lost;
    return true;
  }

  private TimedEntry entry(KeyUseRecord use) {
    // From the session itself: a use may end after its client has left.
    Principal principal = use.session.principal();
    long agoNanos = System.nanoTime() - use.atNanos;
    Reason reason = Reason.reasonOf(use.statusWord);
    return new TimedEntry(
        nowNanos() - agoNanos,
        AuditEntry.of(
            event(use),
            principal.uid(),
            principal.pid(),
            use.beyondLimit > 0 ? Status.OK.code() : Reason.statusOf(use.statusWord).code(),
            principal.toString(),
            use.handle.flow().account().name(),
            use.handle.resource(),
            operation(use.operation),
            "session="
                + use.session.id()
                + (use.beyondLimit > 0
                    ? " would have been refused: " + reason + ", requests " + use.beyondLimit
                    : reason == Reason.NONE ? "" : " reason=" + reason)
                + (use.module == null ? "" : " by=" + use.module)));
  }

  private static AuditEvent event(KeyUseRecord use) {
    if (use.beyondLimit > 0) {
      return AuditEvent.LIMIT_ON_TRIAL;
    }
    return use.refused ? AuditEvent.HANDLE_DENIED : AuditEvent.KEY_USED;
  }

  private static String operation(int operation) {
    int bit = FrameDescriptor.permissionBitOf(operation);
    Permission[] known = Permission.values();
    String permission = bit < known.length ? known[bit].toString() : Integer.toString(bit);
    return permission + ":" + (operation & 0xFFFF);
  }

  private boolean send() {
    if (link == null || !greeted || !link.isOpen()) {
      return false;
    }
    long count = 0;
    TimedEntry next;
    while ((next = backlog.next()) != null && link.put(next)) {
      backlog.nextIsSent();
      count++;
    }
    link.publish();
    published.addAndGet(count);
    return count > 0;
  }

  /** Tells the others how things are. */
  private void judge() {
    boolean available = link != null && greeted && link.isOpen() && !backlog.isLong();
    keyUses.taken(available);
    state = describe(available);
    if (available && whenAvailable != null) {
      whenAvailable.run();
      whenAvailable = null;
    }
    if (whenStored != null && backlog.size() == 0 && events.isEmpty() && keyUses.waiting() == 0) {
      whenStored.run();
      whenStored = null;
    }
  }

  private String describe(boolean available) {
    if (available) {
      return "recording";
    }
    String waiting = "; " + backlog.size() + " records wait";
    if (link == null || !greeted) {
      return "no process" + waiting;
    }
    return (link.isOpen() ? "behind" : "full") + waiting;
  }

  private void check() {
    if (link != null
        && backlog.sent() > 0
        && System.nanoTime() - link.untrustedHeartbeatNanos() > HANG_NANOS) {
      broken.accept("has not looked at its ring for 30 s");
    }
    pump();
    loop.schedule(CHECK_NANOS, this::check);
  }

  @Override
  public long acknowledgedSequence() {
    return acknowledgedSequence;
  }

  @Override
  public void attached(SessionMemory memory) {
    JournalLink attached = new JournalLink(memory);
    link = attached;
    greeted = false;
    acknowledgedOnLink = 0;
    try {
      loop.register(
          attached.bell(),
          ready -> {
            if (!attached.hearBell()) {
              // The control socket tells the end; a closed pipe would be ready for ever.
              loop.unregister(attached.bell());
            }
            pump();
          });
    } catch (OsException e) {
      broken.accept("its bell cannot be watched: " + e.getMessage());
      return;
    }
    pump();
  }

  @Override
  public void detached() {
    if (link == null) {
      return;
    }
    loop.unregister(link.bell());
    // What it stored and said before its end counts.
    if (link.readStatuses() == null && link.hasSpoken()) {
      if (!greeted) {
        greeted = true;
        salvage();
      }
      acknowledge();
    }
    link = null;
    backlog.ringLost();
    judge();
  }
}
