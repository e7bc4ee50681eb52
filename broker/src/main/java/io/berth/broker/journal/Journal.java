// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.CLOSED;
import static io.berth.broker.journal.JournalException.Reason.FULL;
import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tamper-evident audit log.
 *
 * <p>{@link #append} returns when the record and the head are in memory that the kernel writes out
 * whatever happens to this process; with {@link JournalSettings.SyncPolicy#EVERY_BATCH} it is also
 * on disk. See {@link AuditChain} for what the chain proves and {@link JournalVerifier} for what is
 * found.
 *
 * <pre>
 *   OPEN --no space--> FULL --space again--> OPEN
 *     \________________/\___ close, or a failure ---> CLOSED
 * </pre>
 *
 * A full journal has written JOURNAL_DEGRADED, refuses with {@link JournalException.Reason#FULL},
 * counts what it refused, and tries again at most every {@code retryInterval}; then it writes
 * JOURNAL_RECOVERED with that count. Any other failure closes it: the next opening reads from disk
 * what is true.
 *
 * <p>Not thread-safe; one thread opens, uses and closes it.
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

  /** Whether records are taken. */
  public enum State {
    OPEN,
    FULL,
    CLOSED
  }

  private final JournalFiles files;
  private final JournalSettings settings;
  private final JournalLock lock;
  private final byte[] chainId;
  private final SpaceReservation space;
  private final ChainWriter writer;
  private final Checkpoints checkpoints;

  private State state = State.OPEN;
  private String openedDetail;
  private Instant nextRetry = Instant.MIN;
  private long refused;

  private Journal(
      JournalFiles files,
      JournalSettings settings,
      JournalLock lock,
      SealFile.State seal,
      JournalRecovery.Result recovered,
      CheckpointKey checkpointKey)
      throws IOException {
    if (recovered.lastFile() != null
        && !settings.roll().names(recovered.lastFile().getFileName().toString())) {
      throw new JournalException(
          MALFORMED,
          recovered.lastFile()
              + ": was not written with roll period "
              + settings.roll()
              + "; a journal keeps its period, because the order of its files is the order of their names");
    }
    this.files = files;
    this.settings = settings;
    this.lock = lock;
    this.chainId = seal.chainId();
    this.openedDetail = recovered.detail();
    this.space = new SpaceReservation(settings.space(), files.reserve(), settings.reserveBytes());
    JournalStore store =
        new JournalStore(
            files.queue(),
            settings.roll(),
            settings.blockBytes(),
            space,
            recovered.lastFile(),
            recovered.endPosition(),
            recovered.beginNewFile());
    this.writer =
        new ChainWriter(
            store,
            recovered.chain(),
            HeadFile.openForWriting(files.head(), chainId),
            settings.sync() == JournalSettings.SyncPolicy.EVERY_BATCH,
            recovered.replayed(),
            this::release);
    this.checkpoints =
        new Checkpoints(
            writer, checkpointKey, new SealFile(files.seal(), chainId), chainId, settings);
  }

  /**
   * Makes the keys of a new journal in a directory that has none. The verification key is written
   * beside them, once, mode 0400: move it to the auditor and away from this host.
   */
  public static void create(JournalFiles files, SecureRandom random) throws IOException {
    JournalCreation.create(files, random);
  }

  /**
   * Opens a journal that {@link #create} made, for writing, and goes on where it ended. Writes
   * JOURNAL_OPENED; when there is no space for it the journal is FULL from the start.
   *
   * @throws JournalException LOCKED, MISSING, PERMISSIONS, MALFORMED or TAMPERED
   */
  public static Journal open(JournalFiles files, JournalSettings settings, SecureRandom random)
      throws IOException {
    ChronicleSettings.apply();
    ProtectedFile.createOrCheckDirectory(files.directory());
    JournalLock lock = JournalLock.take(files);
    Journal journal = null;
    try {
      CheckpointKey checkpointKey = CheckpointKey.readPrivate(files.checkpointKey(), random);
      try (SealFile.State seal = SealFile.read(files.seal())) {
        JournalRecovery.Result recovered = new JournalRecovery(files, seal).recover();
        journal = new Journal(files, settings, lock, seal, recovered, checkpointKey);
      }
      journal.begin();
      return journal;
    } catch (IOException | RuntimeException | Error e) {
      if (journal == null) {
        lock.close();
      } else {
        journal.release();
      }
      throw e;
    }
  }

  private void begin() throws IOException {
    try {
      space.holdReserve();
      writeOwn(AuditEntry.own(AuditEvent.JOURNAL_OPENED, 0, openedDetail));
      openedDetail = null;
    } catch (JournalException e) {
      if (e.reason() != FULL) {
        throw e;
      }
      enterFull(e);
    }
  }

  /**
   * Writes one record.
   *
   * @return the head after it, which proves the record to whoever notes it
   * @throws JournalException FULL when nothing was written for want of space, CLOSED after close or
   *     a failure
   */
  public Head append(AuditEntry entry) throws IOException {
    return appendAll(List.of(entry));
  }

  /** Writes several records, all or none, with one head and at most one fsync. */
  public Head appendAll(List<AuditEntry> entries) throws IOException {
    long timeNanos = ChainWriter.toNanos(settings.clock().instant());
    return appendTimed(entries.stream().map(entry -> new TimedEntry(timeNanos, entry)).toList());
  }

  /**
   * As {@link #appendAll} for what happened earlier. Times need not ascend, as clocks do not
   * either.
   */
  public Head appendTimed(List<TimedEntry> entries) throws IOException {
    for (TimedEntry timed : entries) {
      if (timed.entry().event().reservedForJournal()) {
        throw new IllegalArgumentException(
            "audit event " + timed.entry().event() + " is written by the journal itself only");
      }
    }
    requireOpen(entries.size());
    try {
      writer.write(settings.clock().instant(), entries);
    } catch (JournalException e) {
      if (e.reason() == FULL) {
        refused += entries.size();
        enterFull(e);
      }
      throw e;
    }
    checkpointIfDue();
    return head();
  }

  /**
   * To be called now and then when nothing is appended: writes a checkpoint that is due, and tries
   * to leave FULL.
   */
  public void tick() throws IOException {
    if (state == State.FULL) {
      tryRecover();
    } else if (state == State.OPEN) {
      checkpointIfDue();
    }
  }

  /** Forces everything to disk. */
  public void sync() throws IOException {
    requireNotClosed();
    writer.force();
  }

  /** Writes a signed checkpoint now, forces everything, and stores the key state. */
  public Head checkpoint() throws IOException {
    requireOpen(0);
    try {
      checkpoints.write(settings.clock().instant());
      return head();
    } catch (JournalException e) {
      if (e.reason() == FULL) {
        enterFull(e);
      }
      throw e;
    }
  }

  /**
   * Deletes the oldest files of which every record is older than {@code before}. The new start is
   * anchored by a signed and chained record before anything is deleted; only a prefix is ever
   * deleted, and never the file being written.
   *
   * @return sequence of the first record kept, or -1 when nothing was old enough
   */
  public long prune(Instant before) throws IOException {
    requireOpen(0);
    JournalPruning.Plan plan =
        JournalPruning.plan(files, ChainWriter.toNanos(before), currentFile());
    if (plan == null) {
      return -1;
    }
    checkpoints.writePruned(
        settings.clock().instant(), plan.firstKept(), plan.macBeforeFirstKept());
    JournalPruning.delete(plan);
    return plan.firstKept();
  }

  /** The last record's sequence and MAC; note it outside the host. */
  public Head head() {
    return writer.head();
  }

  /** The last record's sequence, -1 before the first. */
  public long lastSequence() {
    return writer.nextSequence() - 1;
  }

  /** Whether records are taken. */
  public State state() {
    return state;
  }

  private void requireNotClosed() throws JournalException {
    if (state == State.CLOSED) {
      throw new JournalException(
          CLOSED, files.directory() + ": was closed, or a failure closed it; open it anew");
    }
  }

  private void requireOpen(int wanted) throws IOException {
    requireNotClosed();
    if (state == State.FULL) {
      tryRecover();
      if (state == State.FULL) {
        refused += wanted;
        throw new JournalException(
            FULL,
            files.directory()
                + ": no space could be reserved; "
                + refused
                + " records refused so far; free space there");
      }
    }
  }

  private void writeOwn(AuditEntry entry) throws IOException {
    Instant now = settings.clock().instant();
    writer.write(now, ChainWriter.at(now, entry));
  }

  private void checkpointIfDue() throws IOException {
    Instant now = settings.clock().instant();
    if (state == State.OPEN && checkpoints.areDue(now)) {
      try {
        checkpoints.write(now);
      } catch (JournalException e) {
        if (e.reason() != FULL) {
          throw e;
        }
        // The records before it are written and acknowledged; only what follows is refused.
        enterFull(e);
      }
    }
  }

  /**
   * The last record goes into the headroom of the present file, which has storage; then the reserve
   * is given back.
   */
  private void enterFull(JournalException cause) throws IOException {
    LOG.error("{}", cause.getMessage());
    state = State.FULL;
    nextRetry = settings.clock().instant().plus(settings.retryInterval());
    if (writer.hasHeadroom()) {
      Instant now = settings.clock().instant();
      writer.writeIntoHeadroom(
          ChainWriter.at(now, AuditEntry.own(AuditEvent.JOURNAL_DEGRADED, 8, cause.getMessage())));
      space.releaseReserve();
      try {
        checkpoints.storeKeyState(now);
      } catch (IOException e) {
        // Not lost, only later: a restart begins from the older key state, and the window of the
        // present epoch stays open.
        LOG.warn(
            "journal {}: key state not stored on a full disk: {}",
            files.directory(),
            e.getMessage());
      }
    }
  }

  private void tryRecover() throws IOException {
    Instant now = settings.clock().instant();
    if (now.isBefore(nextRetry)) {
      return;
    }
    nextRetry = now.plus(settings.retryInterval());
    String detail = openedDetail == null ? "" : openedDetail + " ";
    AuditEvent event =
        openedDetail == null ? AuditEvent.JOURNAL_RECOVERED : AuditEvent.JOURNAL_OPENED;
    if (openedDetail == null) {
      detail += "refused=" + refused;
    }
    try {
      space.holdReserve();
      writeOwn(AuditEntry.own(event, 0, detail.strip()));
    } catch (JournalException e) {
      if (e.reason() != FULL) {
        throw e;
      }
      return;
    }
    openedDetail = null;
    refused = 0;
    state = State.OPEN;
  }

  /** Identity of the chain, 32 hex digits. */
  public String chainId() {
    return HexFormat.of().formatHex(chainId);
  }

  /** The directory's files. */
  public JournalFiles files() {
    return files;
  }

  /** File now being written, for tools that watch it; null before the first record. */
  public Path currentFile() {
    return writer.currentFile();
  }

  /** Writes JOURNAL_CLOSED and a last checkpoint when there is space, and gives everything back. */
  @Override
  public void close() throws IOException {
    try {
      if (state == State.OPEN) {
        writeOwn(AuditEntry.own(AuditEvent.JOURNAL_CLOSED, 0, ""));
        checkpoints.write(settings.clock().instant());
      }
    } catch (JournalException e) {
      if (e.reason() != FULL) {
        throw e;
      }
      enterFull(e);
    } finally {
      release();
    }
  }

  private void release() throws IOException {
    if (state == State.CLOSED && !lock.isHeld()) {
      return;
    }
    state = State.CLOSED;
    writer.close();
    lock.close();
  }
}
