// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.LoudEnd;
import io.berth.broker.admin.AdminEvents;
import io.berth.broker.config.Config;
import io.berth.broker.config.JournalConfig.OnFailure;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.control.SessionEvents;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.journal.AuditEntry;
import io.berth.broker.journal.AuditEvent;
import io.berth.broker.journal.TimedEntry;
import io.berth.broker.journal.feed.FeedOffer;
import io.berth.broker.session.SessionMemory;
import io.berth.broker.supervisor.JournalSupervisor;
import io.berth.broker.supervisor.WorkerEvents;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The trail of a broker with a journal: its process, the thread that feeds it, and the mapping. */
public final class JournalledAudit implements AuditTrail {
  private static final Logger LOG = LoggerFactory.getLogger(JournalledAudit.class);
  private static final long FLUSH_NANOS = 5_000_000_000L;

  private final Config config;
  private final Path dist;
  private final String classPath;
  private final ControlLoop loop;
  private final FeederBell bell;
  private final KeyUses keyUses;
  private final AuditFeeder feeder;
  private final AuditEvents events;
  private final Thread thread;
  private JournalSupervisor supervisor;
  private volatile boolean gone;

  /**
   * Touches nothing yet.
   *
   * @param dist the installation, with guard and jars
   */
  public JournalledAudit(Config config, Path dist) throws IOException {
    this(config, dist, installedClassPath(dist));
  }

  JournalledAudit(Config config, Path dist, String classPath) throws OsException {
    this.config = config;
    this.dist = dist;
    this.classPath = classPath;
    this.loop = new ControlLoop();
    this.bell = new FeederBell();
    this.keyUses =
        new KeyUses(
            config.journal().onFailure() == OnFailure.REFUSE, config.broker().slots(), bell);
    this.feeder = new AuditFeeder(loop, bell, keyUses);
    this.events = new AuditEvents(feeder, keyUses, System::nanoTime);
    this.thread = LoudEnd.thread(loop, "berth-audit");
  }

  /** The broker's own jar, whose manifest names the others. */
  private static String installedClassPath(Path dist) throws IOException {
    try (Stream<Path> jars = Files.list(dist.resolve("lib"))) {
      return jars.filter(jar -> jar.getFileName().toString().startsWith("berth-broker"))
          .findFirst()
          .orElseThrow(() -> new IOException("no berth-broker*.jar in " + dist + "/lib"))
          .toString();
    }
  }

  @Override
  public SessionEvents sessions() {
    return events;
  }

  @Override
  public WorkerEvents workers() {
    return events;
  }

  @Override
  public KeyUseJournal keyUses() {
    return keyUses;
  }

  @Override
  public AdminEvents administration() {
    return events;
  }

  @Override
  public String state() {
    return feeder.state();
  }

  /** Records something that is neither a session's nor a worker's event. Any thread. */
  public void record(AuditEntry entry) {
    feeder.offer(entry);
  }

  /** Entries put into the ring, again ones after a journal process died included. Any thread. */
  long published() {
    return feeder.published();
  }

  /** Entries of which the journal has told that they are stored. Any thread. */
  public long stored() {
    return feeder.stored();
  }

  @Override
  public void rehearse() throws IOException {
    FeedOffer offer = FeedOffer.make(config.journal(), 1, 1, 0, -1);
    try (SessionMemory memory = offer.memory()) {
      ControlCodec.encode(0, offer.welcome());
      JournalLink link = new JournalLink(memory);
      link.put(new TimedEntry(0, AuditEntry.own(AuditEvent.BROKER_STARTED, 0, "")));
      link.publish();
    }
  }

  @Override
  public void open(long brokerEpoch) throws IOException {
    supervisor = new JournalSupervisor(loop, config, dist, classPath, feeder, brokerEpoch);
    feeder.begin(supervisor::fence);
    try {
      supervisor.openDoor();
    } catch (IOException e) {
      supervisor.close();
      loop.closeDescriptors();
      bell.close();
      throw e;
    }
    thread.start();
    record(
        AuditEntry.own(
            AuditEvent.BROKER_STARTED,
            0,
            "epoch=" + Long.toHexString(brokerEpoch) + " pid=" + ProcessHandle.current().pid()));
    record(AuditEntry.own(AuditEvent.CONFIG_LOADED, 0, "sha256=" + digest(config.toText())));
  }

  /** Of the effective values, as {@code berth config check} prints them. */
  private static String digest(String effective) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(effective.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void keepRecording() throws IOException {
    supervisor.keepGuard();
  }

  @Override
  public void awaitTaking() throws IOException {
    if (keyUses.refusesWithout()
        && !await(feeder::awaitAvailable, config.supervision().startTimeoutNanos())) {
      LOG.error(
          "the journal in {} takes no records; audited requests are refused until it does",
          config.journal().directory());
    }
  }

  /** Whether {@code event} came about in time; it is asked for on the feeder's thread. */
  private boolean await(Consumer<Runnable> event, long limitNanos) throws IOException {
    CountDownLatch latch = new CountDownLatch(1);
    loop.execute(() -> event.accept(latch::countDown));
    try {
      return latch.await(limitNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the journal was waited for", e);
    }
  }

  /** Waits, within limits, until everything recorded so far is stored. */
  public boolean flush() throws IOException {
    boolean stored = await(feeder::flush, FLUSH_NANOS);
    if (!stored) {
      LOG.error("the journal has not stored everything; what it has not is lost");
    }
    return stored;
  }

  @Override
  public void handOver(String detail, Runnable handedOver) {
    record(AuditEntry.own(AuditEvent.BROKER_STOPPED, 0, detail));
    loop.execute(
        () -> {
          Runnable letGo =
              new Runnable() {
                private boolean done;

                @Override
                public void run() {
                  if (!done) {
                    done = true;
                    gone = true;
                    supervisor.handOver();
                    handedOver.run();
                  }
                }
              };
          loop.schedule(FLUSH_NANOS, letGo);
          feeder.flush(letGo);
        });
  }

  @Override
  public void close() throws IOException {
    if (!thread.isAlive()) {
      return; // It was never opened, or could not be.
    }
    if (!gone) {
      record(AuditEntry.own(AuditEvent.BROKER_STOPPED, 0, ""));
      flush();
      long graceNanos = config.supervision().stopGraceNanos() + FLUSH_NANOS;
      if (!await(supervisor::stop, graceNanos)) {
        LOG.error("the journal's guard has not ended in time");
      }
    }
    end();
    if (!gone) {
      supervisor.close();
    }
  }

  private void end() throws IOException {
    loop.stop();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the audit thread ended", e);
    }
    loop.closeDescriptors();
    bell.close();
  }
}
