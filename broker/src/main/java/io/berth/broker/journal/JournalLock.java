// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.LOCKED;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** What makes the process that has a journal open its only writer. */
final class JournalLock implements AutoCloseable {
  private final FileChannel channel;
  private final FileLock lock;

  private JournalLock(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes it.
   *
   * @throws JournalException LOCKED if somebody has it; PERMISSIONS if others than its owner may
   *     open it, as a lock for reading would do to keep the journal shut
   */
  static JournalLock take(JournalFiles files) throws IOException {
    FileChannel channel =
        FileChannel.open(
            files.lock(),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    FileLock lock = null;
    try {
      ProtectedFile.checkNotWider(files.lock(), "rw-------");
      lock = channel.tryLock();
      if (lock == null) {
        throw new JournalException(
            LOCKED, files.directory() + ": another process has it open; a journal has one writer");
      }
      return new JournalLock(channel, lock);
    } catch (OverlappingFileLockException e) {
      throw new JournalException(
          LOCKED, files.directory() + ": is open in this process already", e);
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
  }

  boolean isHeld() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    if (lock.isValid()) {
      lock.release();
    }
    channel.close();
  }
}
