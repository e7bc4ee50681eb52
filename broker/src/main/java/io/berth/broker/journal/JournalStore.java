// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.OS;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * Appends entries to a Chronicle queue whose files never have holes.
 *
 * <p><b>Why, and how it is done.</b> Chronicle Queue 2026.4 grows a cycle file by {@code setLength}
 * to the end of the block that it is about to map (plus an overlap of a quarter of a block), that
 * is, sparsely; on a full disk the next store is a SIGBUS and the JVM is gone. It extends only what
 * is too short ({@code ChunkedMappedFile.resizeRafIfTooSmall}), and it takes an existing file of
 * zeros for a new one. So we write zeros to the end of the block after the one that an append can
 * reach, before Chronicle sees the append; its own {@code setLength} then never has anything to do.
 * The same holds for a new cycle file and for the metadata file. Time is given to Chronicle by us
 * and stands still during an append, so that it cannot roll to a file that was not prepared.
 *
 * <p>Each file keeps {@link #HEADROOM_BYTES} beyond the last ordinary entry: Chronicle's index
 * pages, and the final records that are written when space is refused, have storage already. Nobody
 * else can take it away, as they could take freed space.
 *
 * <p>The metadata file holds locks by process id, which a {@code kill -9} leaves held (and in a
 * container the next process has the same id), and nothing that cannot be derived. It is zeroed at
 * each opening, under the journal's own file lock.
 *
 * <p>Not thread-safe; one thread uses a store for its whole life.
 */
final class JournalStore implements AutoCloseable {
  /** Two index pages of Chronicle and the closing records of a full journal. */
  static final int HEADROOM_BYTES = 160 * 1024;

  /** Least block size: header and index pages of a new file and the headroom fit into one block. */
  static final int MIN_BLOCK_BYTES = 256 * 1024;

  /**
   * Exactly the size that Chronicle gives its metadata file, one chunk and its overlap: it reads up
   * to the end of the file, and with a longer one it fails, retries for ten seconds, and says that
   * it could not lock.
   */
  private static final int METADATA_BYTES = 2 * OS.SAFE_PAGE_SIZE;

  private final Path directory;
  private final RollPeriod roll;
  private final int blockBytes;
  private final SpaceReservation space;

  private SingleChronicleQueue queue;
  private ExcerptAppender appender;
  private long period;
  private Path file;
  private long endPosition;
  private long reservedBytes;
  private boolean forcePending;
  private boolean beginNewFile;

  /**
   * Continues after {@code lastFile}, which ends at {@code endPosition}; null when the queue is
   * empty.
   *
   * @param beginNewFile not in that file but after it
   */
  JournalStore(
      Path directory,
      RollPeriod roll,
      int blockBytes,
      SpaceReservation space,
      Path lastFile,
      long endPosition,
      boolean beginNewFile) {
    ChronicleSettings.apply();
    if (blockBytes < MIN_BLOCK_BYTES || Integer.bitCount(blockBytes) != 1) {
      throw new IllegalArgumentException(
          "journal block size: " + blockBytes + " is not a power of two >= " + MIN_BLOCK_BYTES);
    }
    this.directory = directory;
    this.roll = roll;
    this.blockBytes = blockBytes;
    this.space = space;
    this.file = lastFile;
    this.endPosition = endPosition;
    this.beginNewFile = beginNewFile;
    this.period = Long.MIN_VALUE;
  }

  /**
   * Reserves storage for entries of so many bytes in total at this time, rolling to a new file if
   * the period is over. After it the entries can be appended without touching a hole.
   *
   * @throws JournalException FULL; the store is as before
   */
  void reserve(long epochMillis, long bytes) throws IOException {
    long wantedPeriod = Math.max(period, roll.periodOf(epochMillis));
    Path wantedFile = directory.resolve(roll.fileName(wantedPeriod));
    if (file != null && wantedFile.compareTo(file) < (beginNewFile ? 1 : 0)) {
      // The clock stepped back across a period (or a restart): the chain goes on in the newest
      // file, or in one after it.
      wantedPeriod =
          Math.max(period, periodOfFile(file, roll.periodOf(epochMillis)) + (beginNewFile ? 1 : 0));
      wantedFile = directory.resolve(roll.fileName(wantedPeriod));
    }
    boolean sameFile = wantedFile.equals(file);
    long begin = sameFile ? endPosition : 0;
    long need = blockEndAfter(begin + bytes + HEADROOM_BYTES);
    if (queue == null) {
      period = wantedPeriod;
      openQueue();
    }
    if (!sameFile || need > reservedBytes) {
      space.ensure(wantedFile, need);
    }
    if (!sameFile) {
      force();
      beginNewFile = false;
      file = wantedFile;
      endPosition = 0;
      reservedBytes = 0;
    }
    period = wantedPeriod;
    reservedBytes = Math.max(reservedBytes, need);
  }

  /**
   * Entries cross a block at most once beyond this; a batch that is longer is simply counted in.
   */
  private long blockEndAfter(long position) {
    return (position / blockBytes + 2) * blockBytes;
  }

  private long periodOfFile(Path newest, long from) throws IOException {
    // Names are dates; walking forward from now is short for a clock that stepped back a little,
    // and bounded.
    for (long candidate = from; candidate < from + 1_000_000; candidate++) {
      if (roll.fileName(candidate).equals(newest.getFileName().toString())) {
        return candidate;
      }
    }
    throw new JournalException(
        JournalException.Reason.MALFORMED,
        newest
            + ": is not a file of a "
            + roll
            + " journal, or lies too far in the future for the clock of this host");
  }

  /**
   * Opens Chronicle, before a new file is prepared: its appender would wait ten seconds for the
   * header of a prepared one. The file written last gets its storage first, because Chronicle may
   * put an end mark there.
   */
  private void openQueue() throws IOException {
    Path metadata = directory.resolve("metadata.cq4t");
    space.ensure(metadata, METADATA_BYTES);
    try (FileChannel channel = FileChannel.open(metadata, StandardOpenOption.WRITE)) {
      SpaceSource.WRITTEN_ZEROS.extend(channel, 0, METADATA_BYTES);
    }
    if (file != null) {
      space.ensure(file, blockEndAfter(endPosition + HEADROOM_BYTES));
      space.fillHoles(file, endPosition);
    }
    queue =
        SingleChronicleQueueBuilder.binary(directory)
            .rollCycle(roll.chronicleCycle())
            .timeProvider(() -> roll.millisIn(period))
            .blockSize(blockBytes)
            .build();
    appender = queue.createAppender();
  }

  /**
   * Appends one entry inside what {@link #reserve} made sure of. It survives the death of this
   * process on return.
   */
  void append(byte[] entry) {
    try (DocumentContext document = appender.writingDocument()) {
      Bytes<?> bytes = document.wire().bytes();
      bytes.write(entry);
      endPosition = bytes.writePosition();
    }
    forcePending = true;
  }

  /**
   * Whether final records fit into the headroom of the present file: always, once anything was
   * appended.
   */
  boolean canAppendFinalRecords() {
    return reservedBytes > 0;
  }

  /**
   * Forces what was appended to disk; fsync also writes the pages that were changed through a
   * mapping.
   */
  void force() throws IOException {
    if (forcePending) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      forcePending = false;
    }
  }

  /** The file being written, or null. */
  Path currentFile() {
    return file;
  }

  /** Storage of the present file that was reserved. */
  long reservedBytes() {
    return reservedBytes;
  }

  /** Length of the present file; larger than reserved only if Chronicle extended it by itself. */
  long fileBytes() throws IOException {
    return Files.size(file);
  }

  @Override
  public void close() {
    if (appender != null) {
      appender.close();
    }
    if (queue != null) {
      queue.close();
    }
  }
}
