// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * A lock that one process has, as a file that goes with it.
 *
 * <p>Whoever can open such a file for reading, however little else he may, can keep everybody from
 * its write lock: so its own uid alone can, by its mode and by that of its directory. Nothing in
 * this process may open the file another time: closing that would end the lock.
 */
final class LockFile implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private LockFile(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /** Takes it, without waiting; empty if somebody has it. */
  static Optional<LockFile> take(Path path) throws IOException {
    for (; ; ) {
      Optional<FileIdentity> before = FileIdentity.of(path);
      FileChannel channel = open(path);
      FileLock lock = null;
      try {
        lock = channel.tryLock();
        if (lock == null) {
          return Optional.empty();
        }
        // Its last owner removes it with the lock held: what was opened may be gone since.
        if (before.isPresent() && before.equals(FileIdentity.of(path))) {
          return Optional.of(new LockFile(path, channel, lock));
        }
        lock.release();
        lock = null;
      } catch (OverlappingFileLockException e) {
        return Optional.empty(); // This process has it.
      } finally {
        if (lock == null) {
          channel.close();
        }
      }
    }
  }

  private static FileChannel open(Path path) throws IOException {
    return FileChannel.open(
        path,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** Gives up the lock and leaves the file to whoever takes it next. */
  void leave() throws IOException {
    lock.release();
    channel.close();
  }

  boolean isHeld() {
    return lock.isValid();
  }

  /** Gives up the lock and removes the file; only while it is held. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
    leave();
  }
}
