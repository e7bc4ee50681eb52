// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.FULL;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Sees to it that every byte which will be written through a mapping has storage before. */
final class SpaceReservation {
  private static final int PIECE_BYTES = 64 * 1024;

  private final SpaceSource source;
  private final Path reserveFile;
  private final long reserveBytes;

  SpaceReservation(SpaceSource source, Path reserveFile, long reserveBytes) {
    this.source = source;
    this.reserveFile = reserveFile;
    this.reserveBytes = reserveBytes;
  }

  /**
   * Makes the file at least so long, with real blocks; a missing one is created, 0640.
   *
   * @throws JournalException FULL, with the file as it was before
   */
  void ensure(Path file, long bytes) throws IOException {
    boolean existed = Files.exists(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))) {
      long have = channel.size();
      if (have >= bytes) {
        return;
      }
      try {
        source.extend(channel, have, bytes);
      } catch (IOException e) {
        channel.truncate(have);
        if (!existed) {
          Files.deleteIfExists(file);
        }
        throw full(file, have, bytes, e);
      }
    } catch (JournalException e) {
      throw e;
    } catch (IOException e) {
      // Creating the directory entry can fail for want of space as well.
      throw full(file, 0, bytes, e);
    }
    if (!existed) {
      ProtectedFile.forceDirectory(file);
    }
  }

  private static JournalException full(Path file, long have, long wanted, IOException cause) {
    return new JournalException(
        FULL,
        file
            + ": cannot be extended from "
            + have
            + " to "
            + wanted
            + " bytes ("
            + cause.getMessage()
            + "); free space there, then the journal goes on by itself",
        cause);
  }

  /**
   * Gives blocks to the holes of an existing file, from {@code from} on, as a copy made by a tool
   * that makes files sparse has them. Only pieces that read as zero are written, with zeros.
   */
  void fillHoles(Path file, long from) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long end = channel.size();
      ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
      for (long at = from - from % PIECE_BYTES; at < end; at += PIECE_BYTES) {
        piece.clear().limit((int) Math.min(PIECE_BYTES, end - at));
        while (piece.hasRemaining() && channel.read(piece, at + piece.position()) > 0) {}
        if (isZero(piece)) {
          try {
            source.extend(channel, at, Math.min(at + PIECE_BYTES, end));
          } catch (IOException e) {
            throw full(file, at, end, e);
          }
        }
      }
    }
  }

  private static boolean isZero(ByteBuffer piece) {
    for (int i = 0; i < piece.position(); i++) {
      if (piece.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Creates or completes the reserve file. */
  void holdReserve() throws IOException {
    ensure(reserveFile, reserveBytes);
  }

  /**
   * Gives the reserve's blocks back, so that the key state can still be replaced on a full disk.
   */
  void releaseReserve() throws IOException {
    Files.deleteIfExists(reserveFile);
  }
}
