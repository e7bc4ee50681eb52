// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import io.berth.jni.os.ProcessControl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The directory with the broker's sockets, and the lock that makes it the only broker there.
 *
 * <p>Clients of all uids enter the directory, but not {@code workers} in it: there the locks are.
 */
final class RunDirectory implements AutoCloseable {
  private final Path workers;
  private final LockFile lock;

  private RunDirectory(Path workers, LockFile lock) {
    this.workers = workers;
    this.lock = lock;
  }

  /** Makes the directory and what is in it from the start; touches no broker that has it. */
  static void prepare(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Path workers = workers(directory);
    Files.createDirectories(workers);
    refuseForeign(workers);
    Files.setPosixFilePermissions(workers, PosixFilePermissions.fromString("rwx------"));
  }

  private static Path workers(Path directory) {
    return directory.resolve("workers");
  }

  /** Its owner could hold our locks, and root would not be kept from using it by its mode. */
  private static void refuseForeign(Path workers) throws IOException {
    Object owner = Files.getAttribute(workers, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(ProcessControl.effectiveUid())) {
      throw new IOException(
          workers
              + " belongs to uid "
              + owner
              + ", expected the broker's own, "
              + ProcessControl.effectiveUid()
              + "; remove it, or choose another run_directory");
    }
  }

  /**
   * Takes the directory.
   *
   * @throws IOException if another broker has it
   */
  static RunDirectory take(Path directory) throws IOException {
    prepare(directory);
    Path workers = workers(directory);
    LockFile lock =
        LockFile.take(workers.resolve("broker.lock"))
            .orElseThrow(
                () ->
                    new IOException(
                        "another broker runs in "
                            + directory
                            + "; stop it, or choose another run_directory"));
    return new RunDirectory(workers, lock);
  }

  /**
   * Takes the turn to succeed the broker that has the directory: two that took its sockets' names
   * at once would leave them to the one that fails. Held until the new broker serves or has failed.
   *
   * @throws IOException if somebody else succeeds it
   */
  static LockFile takeTurn(Path directory) throws IOException {
    prepare(directory);
    return LockFile.take(turn(workers(directory)))
        .orElseThrow(
            () ->
                new IOException(
                    "another broker takes over in "
                        + directory
                        + " already; try again when it serves"));
  }

  private static Path turn(Path workers) {
    return workers.resolve("successor.lock");
  }

  /** Lets a successor take the directory, as it is. */
  void leave() throws IOException {
    lock.leave();
  }

  /**
   * Gives the directory up, and takes the place of the locks away unless a successor is about to
   * take it; nothing after {@link #leave}.
   */
  @Override
  public void close() throws IOException {
    if (!lock.isHeld()) {
      return;
    }
    if (!Files.isDirectory(workers)) {
      lock.close(); // Somebody has removed all of it.
      return;
    }
    Optional<LockFile> turn = LockFile.take(turn(workers));
    lock.close();
    if (turn.isPresent()) {
      turn.get().close();
      Files.deleteIfExists(workers);
    }
  }
}
