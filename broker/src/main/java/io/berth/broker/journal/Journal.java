// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.CLOSED;
import static io.berth.broker.journal.JournalException.Reason.FULL;
import static io.berth.broker.journal.JournalException.Reason.LOCKED;
import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
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
  private final FileChannel lockChannel;
  private final FileLock lock;
  private final SealFile sealFile;
  private final byte[] chainId;
  private final CheckpointKey checkpointKey;
  private final AuditChain chain;
  private final HeadFile headFile;
  private final SpaceReservation space;
  private final JournalStore store;
  private final AuditRecordCodec codec = new AuditRecordCodec();

  private State state = State.OPEN;
  private String openedDetail;
  private long recordsSinceCheckpoint;
  private Instant lastCheckpoint;
  private Instant nextRetry = Instant.MIN;
  private long refused;

  private Journal(
      JournalFiles files,
      JournalSettings settings,
      FileChannel lockChannel,
      FileLock lock,
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
    this.lockChannel = lockChannel;
    this.lock = lock;
    this.chainId = seal.chainId();
    this.sealFile = new SealFile(files.seal(), chainId);
    this.checkpointKey = checkpointKey;
    this.chain = recovered.chain();
    this.openedDetail = recovered.detail();
    this.recordsSinceCheckpoint = recovered.replayed();
    this.lastCheckpoint = settings.clock().instant();
    this.space = new SpaceReservation(settings.space(), files.reserve(), settings.reserveBytes());
    this.store =
        new JournalStore(
            files.queue(),
            settings.roll(),
            settings.blockBytes(),
            space,
            recovered.lastFile(),
            recovered.endPosition(),
            recovered.beginNewFile());
    this.headFile = HeadFile.openForWriting(files.head(), chainId);
  }

  /**
   * Makes the keys of a new journal in a directory that has none. The verification key is written
   * beside them, once, mode 0400: move it to the auditor and away from this host.
   */
  public static void create(JournalFiles files, SecureRandom random) throws IOException {
    ProtectedFile.createOrCheckDirectory(files.directory());
    ProtectedFile.createOrCheckDirectory(files.queue());
    byte[] chainId = new byte[AuditChain.CHAIN_ID_BYTES];
    byte[] key = new byte[RatchetKey.KEY_BYTES];
    random.nextBytes(chainId);
    random.nextBytes(key);
    byte[] publicKeyHash =
        CheckpointKey.create(files.checkpointKey(), files.checkpointPublicKey(), random);
    try (VerificationKey verification =
            new VerificationKey(chainId, new RatchetKey(0, key), publicKeyHash);
        AuditChain chain = new AuditChain(new RatchetKey(0, key), AuditChain.genesisMac(chainId))) {
      Arrays.fill(key, (byte) 0);
      verification.write(files.verificationKey());
      // Last, because its presence says that the journal exists.
      new SealFile(files.seal(), chainId).create(chain);
    }
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
    FileChannel lockChannel =
        FileChannel.open(
            files.lock(),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Journal journal = null;
    try {
      FileLock lock = lockOrRefuse(files, lockChannel);
      CheckpointKey checkpointKey = CheckpointKey.readPrivate(files.checkpointKey(), random);
      try (SealFile.State seal = SealFile.read(files.seal())) {
        JournalRecovery.Result recovered = new JournalRecovery(files, seal).recover();
        journal = new Journal(files, settings, lockChannel, lock, seal, recovered, checkpointKey);
      }
      journal.begin();
      return journal;
    } catch (IOException | RuntimeException | Error e) {
      if (journal == null) {
        lockChannel.close();
      } else {
        journal.release();
      }
      throw e;
    }
  }

  private static FileLock lockOrRefuse(JournalFiles files, FileChannel channel) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      throw new JournalException(
          LOCKED, files.directory() + ": is open in this process already", e);
    }
    if (lock == null) {
      throw new JournalException(
          LOCKED, files.directory() + ": another process has it open; a journal has one writer");
    }
    return lock;
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
    return appendTimed(at(settings.clock().instant(), entries));
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
      write(entries);
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
    store.force();
    headFile.force();
  }

  /** Writes a signed checkpoint now, forces everything, and stores the key state. */
  public Head checkpoint() throws IOException {
    requireOpen(0);
    try {
      return writeCheckpoint(AuditEvent.CHECKPOINT, 0, null);
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
    JournalPruning.Plan plan = JournalPruning.plan(files, toNanos(before), store.currentFile());
    if (plan == null) {
      return -1;
    }
    writeCheckpoint(AuditEvent.PRUNED, plan.firstKept(), plan.macBeforeFirstKept());
    JournalPruning.delete(plan);
    return plan.firstKept();
  }

  /** The last record's sequence and MAC; note it outside the host. */
  public Head head() {
    return new Head(chain.nextSequence() - 1, chain.headMac());
  }

  /** The last record's sequence, -1 before the first. */
  public long lastSequence() {
    return chain.nextSequence() - 1;
  }

  /** Whether records are taken. */
  public State state() {
    return state;
  }

  /** Records refused for want of space since the journal was last OPEN. */
  public long refusedRecords() {
    return refused;
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

  private static List<TimedEntry> at(Instant time, List<AuditEntry> entries) {
    long timeNanos = toNanos(time);
    return entries.stream().map(entry -> new TimedEntry(timeNanos, entry)).toList();
  }

  private void writeOwn(AuditEntry entry) throws IOException {
    write(at(settings.clock().instant(), List.of(entry)));
  }

  private void write(List<TimedEntry> entries) throws IOException {
    Instant now = settings.clock().instant();
    List<byte[]> canonical = encode(entries);
    long bytes = 0;
    for (byte[] one : canonical) {
      bytes += StoredEntry.paddedBytes(one.length) + 4L;
    }
    store.reserve(now.toEpochMilli(), bytes);
    appendReserved(canonical);
  }

  private List<byte[]> encode(List<TimedEntry> entries) {
    long sequence = chain.nextSequence();
    List<byte[]> canonical = new ArrayList<>(entries.size());
    for (TimedEntry timed : entries) {
      canonical.add(codec.encode(new AuditRecord(sequence++, timed.timeNanos(), timed.entry())));
    }
    return canonical;
  }

  /**
   * From here on a failure leaves memory and files apart: it closes the journal, and the next
   * opening finds out.
   */
  private void appendReserved(List<byte[]> canonical) throws IOException {
    boolean done = false;
    try {
      for (byte[] one : canonical) {
        store.append(new StoredEntry(chain.seal(one), one).encode());
      }
      if (settings.sync() == JournalSettings.SyncPolicy.EVERY_BATCH) {
        store.force();
      }
      // After the records: a head may lag behind them by one batch, but an acknowledged record
      // always has one.
      headFile.write(chain);
      recordsSinceCheckpoint += canonical.size();
      done = true;
    } finally {
      if (!done) {
        release();
      }
    }
  }

  private void checkpointIfDue() throws IOException {
    Instant intervalEnd = lastCheckpoint.plus(settings.checkpointInterval());
    boolean timeIsUp =
        recordsSinceCheckpoint > 0 && !settings.clock().instant().isBefore(intervalEnd);
    boolean due = timeIsUp || recordsSinceCheckpoint >= settings.checkpointRecords();
    if (due && state == State.OPEN) {
      try {
        writeCheckpoint(AuditEvent.CHECKPOINT, 0, null);
      } catch (JournalException e) {
        if (e.reason() != FULL) {
          throw e;
        }
        // The records before it are written and acknowledged; only what follows is refused.
        enterFull(e);
      }
    }
  }

  private Head writeCheckpoint(AuditEvent event, long firstKept, byte[] macBeforeFirstKept)
      throws IOException {
    Instant now = settings.clock().instant();
    byte[] before =
        macBeforeFirstKept == null ? AuditChain.genesisMac(chainId) : macBeforeFirstKept;
    CheckpointStatement statement =
        new CheckpointStatement(head(), toNanos(now), chain.nextSequence(), firstKept, before);
    byte[] signature = checkpointKey.sign(statement.bytes(chainId));
    String detail =
        event == AuditEvent.PRUNED
            ? statement.prunedDetail(signature)
            : CheckpointStatement.checkpointDetail(signature);
    List<byte[]> canonical = encode(at(now, List.of(AuditEntry.own(event, 0, detail))));
    store.reserve(now.toEpochMilli(), StoredEntry.MAX_BYTES + 4L);
    appendReserved(canonical);
    storeKeyState(now);
    return head();
  }

  /**
   * Records first, then the head, then the key state that presupposes both. A key state that cannot
   * be stored is a full journal: the records are safe, and what follows them waits for space.
   */
  private void storeKeyState(Instant now) throws IOException {
    store.force();
    headFile.force();
    try {
      sealFile.replace(chain);
    } catch (JournalException e) {
      throw e;
    } catch (IOException e) {
      throw new JournalException(
          FULL,
          files.seal() + ": cannot be replaced (" + e.getMessage() + "); free space there",
          e);
    }
    recordsSinceCheckpoint = 0;
    lastCheckpoint = now;
  }

  /**
   * The last record goes into the headroom of the present file, which has storage; then the reserve
   * is given back.
   */
  private void enterFull(JournalException cause) throws IOException {
    LOG.error("{}", cause.getMessage());
    state = State.FULL;
    nextRetry = settings.clock().instant().plus(settings.retryInterval());
    if (store.canAppendFinalRecords()) {
      Instant now = settings.clock().instant();
      appendReserved(
          encode(
              at(
                  now,
                  List.of(AuditEntry.own(AuditEvent.JOURNAL_DEGRADED, 8, cause.getMessage())))));
      space.releaseReserve();
      try {
        storeKeyState(now);
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

  /** Wall-clock nanoseconds since 1970. */
  private static long toNanos(Instant instant) {
    return ChronoUnit.NANOS.between(Instant.EPOCH, instant);
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
    return store.currentFile();
  }

  /** Writes JOURNAL_CLOSED and a last checkpoint when there is space, and gives everything back. */
  @Override
  public void close() throws IOException {
    try {
      if (state == State.OPEN) {
        writeOwn(AuditEntry.own(AuditEvent.JOURNAL_CLOSED, 0, ""));
        writeCheckpoint(AuditEvent.CHECKPOINT, 0, null);
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
    if (state == State.CLOSED && !lockChannel.isOpen()) {
      return;
    }
    state = State.CLOSED;
    store.close();
    chain.close();
    headFile.close();
    if (lock.isValid()) {
      lock.release();
    }
    lockChannel.close();
  }
}
