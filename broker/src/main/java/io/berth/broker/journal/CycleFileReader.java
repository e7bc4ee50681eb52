// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Reads the entries of one cycle file of a Chronicle queue without Chronicle, and without mapping
 * it.
 *
 * <p>The verifier's input is hostile. Chronicle's own tailer trusts lengths, maps what they point
 * to and waits for headers that never become complete; a file truncated under a mapping kills the
 * JVM. Here every length is checked against the file and against the longest record before it is
 * used, and reading is plain positional reads.
 *
 * <p>The form (Chronicle Queue 2026.4, wire type BINARY_LIGHT): entries aligned to four bytes, each
 * a little-endian 32-bit header and its bytes. Header: bit 31 not complete, bit 30 meta data (the
 * file's header and index pages), bits 0-29 length. Zero means nothing written yet; bits 31 and 30
 * with length zero mark the end of a rolled file. A writer completes the header after the bytes,
 * and we read the header before the bytes, so that a file may be read while it is written.
 */
final class CycleFileReader implements AutoCloseable {
  /** What {@link #next} found. */
  enum Step {
    /** An entry; see {@link #payload} and {@link #position}. */
    ENTRY,
    /** Nothing more was written. */
    END,
    /** The mark of a rolled file; nothing may follow. */
    END_MARK,
    /** A header whose bytes were never completed. */
    INCOMPLETE,
    /** Bytes that the queue cannot have written; see {@link #problem}. */
    MALFORMED
  }

  private static final int NOT_COMPLETE = 0x8000_0000;
  private static final int META_DATA = 0x4000_0000;
  private static final int LENGTH_MASK = 0x3FFF_FFFF;

  /**
   * Chronicle writes the name EOF behind the mark, as a field name of the wire type; nobody reads
   * it.
   */
  private static final int END_MARK_LABEL = 0x464F_45C3;

  private static final int BUFFER_BYTES = 64 * 1024;
  private static final byte[] ZEROS = new byte[BUFFER_BYTES];

  private final Path file;
  private final FileChannel channel;
  private long fileBytes;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long bufferStart;
  private long nextPosition;
  private long position;
  private long lastHeader = -1;
  private byte[] payload;
  private String problem = "";

  CycleFileReader(Path file) throws IOException {
    this.file = file;
    channel = FileChannel.open(file, StandardOpenOption.READ);
    fileBytes = channel.size();
    buffer.limit(0);
  }

  Path file() {
    return file;
  }

  /**
   * Offset of the header of what {@link #next} found last; at the end, where the next entry would
   * begin.
   */
  long position() {
    return position;
  }

  /**
   * Offset of the last whole entry's header, Chronicle's own entries included; -1 before the first.
   */
  long lastHeader() {
    return lastHeader;
  }

  /**
   * Offset of the first byte that nobody has written: behind the last entry, or behind the mark of
   * a rolled file.
   */
  long endOfWriting() {
    return Math.max(position, nextPosition);
  }

  /** The bytes of the entry found last. */
  byte[] payload() {
    return payload;
  }

  /** Why the last step was MALFORMED. */
  String problem() {
    return problem;
  }

  Step next() throws IOException {
    while (true) {
      position = nextPosition;
      if (isBeyondFile(position + 4)) {
        return position == fileBytes || position == 0
            ? Step.END
            : malformed("the file ends inside a header, at " + fileBytes);
      }
      int header = intAt(position);
      if (header == 0) {
        return Step.END;
      }
      if (header == (NOT_COMPLETE | META_DATA)) {
        boolean labelled = position + 8 <= fileBytes && intAt(position + 4) == END_MARK_LABEL;
        nextPosition = position + (labelled ? 8 : 4);
        return Step.END_MARK;
      }
      if ((header & NOT_COMPLETE) != 0) {
        return Step.INCOMPLETE;
      }
      int untrustedLength = header & LENGTH_MASK;
      long end = position + 4 + untrustedLength;
      if (isBeyondFile(end)) {
        return malformed(
            "entry of " + untrustedLength + " bytes ends beyond the file, at " + fileBytes);
      }
      lastHeader = position;
      boolean metaData = (header & META_DATA) != 0;
      if ((position == 0) != (metaData && position == 0)) {
        return malformed("the file does not begin with a queue header");
      }
      nextPosition = (end + 3) & ~3L;
      if (metaData) {
        continue;
      }
      if (untrustedLength > StoredEntry.MAX_BYTES) {
        return malformed(
            "entry of " + untrustedLength + " bytes > longest record " + StoredEntry.MAX_BYTES);
      }
      payload = new byte[untrustedLength];
      fill(position + 4, untrustedLength);
      buffer.get((int) (position + 4 - bufferStart), payload);
      return Step.ENTRY;
    }
  }

  /** Looks afresh where {@link #next} found that nothing more was written. */
  Step again() throws IOException {
    buffer.limit(0);
    return next();
  }

  /**
   * Also a file that grows while it is read has been given its blocks before an entry uses them.
   */
  private boolean isBeyondFile(long end) throws IOException {
    if (end > fileBytes) {
      fileBytes = channel.size();
    }
    return end > fileBytes;
  }

  /** Offset of the first byte that is not zero at or after {@code from}, or -1. */
  long firstNonZero(long from) throws IOException {
    for (long at = from; at < fileBytes; ) {
      int wanted = (int) Math.min(BUFFER_BYTES, fileBytes - at);
      fill(at, wanted);
      int offset = (int) (at - bufferStart);
      int differs = Arrays.mismatch(buffer.array(), offset, offset + wanted, ZEROS, 0, wanted);
      if (differs >= 0) {
        return at + differs;
      }
      at += wanted;
    }
    return -1;
  }

  private Step malformed(String what) {
    problem = what;
    return Step.MALFORMED;
  }

  private int intAt(long at) throws IOException {
    // Read afresh only when outside the buffer: a header seen as incomplete or zero ends the
    // reading anyway.
    fill(at, 4);
    return buffer.getInt((int) (at - bufferStart));
  }

  private void fill(long at, int bytes) throws IOException {
    if (at >= bufferStart && at + bytes <= bufferStart + buffer.limit()) {
      return;
    }
    buffer.clear();
    bufferStart = at;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, bufferStart + buffer.position());
      if (read < 0) {
        break;
      }
    }
    buffer.flip();
    if (buffer.limit() < bytes) {
      throw new IOException(
          file + ": became shorter while it was read, at " + (bufferStart + buffer.limit()));
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
