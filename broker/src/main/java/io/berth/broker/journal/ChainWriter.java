// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes entries as records of the chain: into space that was reserved before, sealed one after the
 * other, with the head behind them.
 *
 * <p>A failure after the reservation leaves memory and files apart. Then the journal is closed, and
 * the next opening reads from disk what is true. One thread.
 */
final class ChainWriter implements AutoCloseable {
  /** Closes the journal that this belongs to. */
  interface Broken {
    void close() throws IOException;
  }

  private final JournalStore store;
  private final AuditChain chain;
  private final HeadFile headFile;
  private final boolean forcesEveryBatch;
  private final Broken broken;
  private final AuditRecordCodec codec = new AuditRecordCodec();
  private long sinceKeyState;

  ChainWriter(
      JournalStore store,
      AuditChain chain,
      HeadFile headFile,
      boolean forcesEveryBatch,
      long sinceKeyState,
      Broken broken) {
    this.store = store;
    this.chain = chain;
    this.headFile = headFile;
    this.forcesEveryBatch = forcesEveryBatch;
    this.sinceKeyState = sinceKeyState;
    this.broken = broken;
  }

  static List<TimedEntry> at(Instant time, AuditEntry entry) {
    return List.of(new TimedEntry(toNanos(time), entry));
  }

  /** Wall-clock nanoseconds since 1970. */
  static long toNanos(Instant instant) {
    return ChronoUnit.NANOS.between(Instant.EPOCH, instant);
  }

  /**
   * Reserves the space that the entries need, and writes them.
   *
   * @throws JournalException FULL when there is none; nothing has been written then
   */
  void write(Instant now, List<TimedEntry> entries) throws IOException {
    List<byte[]> canonical = encode(entries);
    long bytes = 0;
    for (byte[] one : canonical) {
      bytes += StoredEntry.paddedBytes(one.length) + 4L;
    }
    store.reserve(now.toEpochMilli(), bytes);
    append(canonical);
  }

  /** As {@link #write}, one entry, with space for the largest record whatever its length. */
  void writeWithRoomForLargest(Instant now, List<TimedEntry> entry) throws IOException {
    List<byte[]> canonical = encode(entry);
    store.reserve(now.toEpochMilli(), StoredEntry.MAX_BYTES + 4L);
    append(canonical);
  }

  /** Whether a last record fits into the headroom of the present file, which has storage. */
  boolean hasHeadroom() {
    return store.canAppendFinalRecords();
  }

  /** Writes into the headroom. */
  void writeIntoHeadroom(List<TimedEntry> entry) throws IOException {
    append(encode(entry));
  }

  private List<byte[]> encode(List<TimedEntry> entries) {
    long sequence = chain.nextSequence();
    List<byte[]> canonical = new ArrayList<>(entries.size());
    for (TimedEntry timed : entries) {
      canonical.add(codec.encode(new AuditRecord(sequence++, timed.timeNanos(), timed.entry())));
    }
    return canonical;
  }

  private void append(List<byte[]> canonical) throws IOException {
    boolean done = false;
    try {
      for (byte[] one : canonical) {
        store.append(new StoredEntry(chain.seal(one), one).encode());
      }
      if (forcesEveryBatch) {
        store.force();
      }
      // After the records: a head may lag behind them by one batch, but an acknowledged record
      // always has one.
      headFile.write(chain);
      sinceKeyState += canonical.size();
      done = true;
    } finally {
      if (!done) {
        broken.close();
      }
    }
  }

  /** Forces everything to disk. */
  void force() throws IOException {
    store.force();
    headFile.force();
  }

  /** Stores the key state of the present end, behind the records and the head. */
  void storeKeyState(SealFile seal) throws IOException {
    force();
    try {
      seal.replace(chain);
    } catch (JournalException e) {
      throw e;
    } catch (IOException e) {
      throw new JournalException(
          JournalException.Reason.FULL,
          seal + ": cannot be replaced (" + e.getMessage() + "); free space there",
          e);
    }
    sinceKeyState = 0;
  }

  /** Records written since the key state was stored. */
  long sinceKeyState() {
    return sinceKeyState;
  }

  Head head() {
    return new Head(chain.nextSequence() - 1, chain.headMac());
  }

  long nextSequence() {
    return chain.nextSequence();
  }

  Path currentFile() {
    return store.currentFile();
  }

  @Override
  public void close() throws IOException {
    store.close();
    chain.close();
    headFile.close();
  }
}
