// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** The directory with the broker's sockets, and the lock that makes it the only broker there. */
final class RunDirectory implements AutoCloseable {
  private final Path lockFile;
  private final FileChannel channel;
  private final FileLock lock;

  private RunDirectory(Path lockFile, FileChannel channel, FileLock lock) {
    this.lockFile = lockFile;
    this.channel = channel;
    this.lock = lock;
  }

  /** Makes the directory and what is in it from the start; touches no broker that has it. */
  static void prepare(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Path workers = directory.resolve("workers");
    Files.createDirectories(workers);
    Files.setPosixFilePermissions(workers, PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * Takes the directory.
   *
   * @throws IOException if another broker has it
   */
  static RunDirectory take(Path directory) throws IOException {
    prepare(directory);
    Path lockFile = directory.resolve("broker.lock");
    FileChannel channel =
        FileChannel.open(
            lockFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new IOException(
          "another broker runs in " + directory + "; stop it, or choose another run_directory");
    }
    return new RunDirectory(lockFile, channel, lock);
  }

  /** Makes the directory unless it is there. */
  static void make(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** Lets a successor take the directory, as it is. */
  void leave() throws IOException {
    lock.release();
    channel.close();
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
    Files.deleteIfExists(lockFile);
    Files.deleteIfExists(lockFile.resolveSibling("workers"));
  }
}
