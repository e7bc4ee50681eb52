// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the parts of a journal are. The verification key is written here at creation and is meant
 * to be moved off the host.
 *
 * @param directory the journal's directory, 0700
 */
public record JournalFiles(Path directory) {
  static final String CYCLE_SUFFIX = ".cq4";

  /** Makes the directory, or checks that nobody else may enter the one there is. */
  public void prepareDirectory() throws IOException {
    ProtectedFile.createOrCheckDirectory(directory);
  }

  /** Whether a journal was created here. */
  public boolean exists() {
    return Files.exists(seal());
  }

  /** The lock of the guard of the journal's process; the journal has a lock of its own beside. */
  public Path guardLock() {
    return directory.resolve("guard.lock");
  }

  /** The queue: one {@code .cq4} file per roll period, and Chronicle's metadata. */
  public Path queue() {
    return directory.resolve("queue");
  }

  /** The sealing key's state, 0600. */
  public Path seal() {
    return directory.resolve("seal.key");
  }

  /** The private key of the checkpoints, 0600. */
  public Path checkpointKey() {
    return directory.resolve("checkpoint.key");
  }

  /** The public key of the checkpoints, PEM. */
  public Path checkpointPublicKey() {
    return directory.resolve("checkpoint.pub");
  }

  /** The auditor's key, 0400. */
  public Path verificationKey() {
    return directory.resolve("verification.key");
  }

  /** The head. */
  public Path head() {
    return directory.resolve("head");
  }

  Path lock() {
    return directory.resolve("lock");
  }

  Path reserve() {
    return directory.resolve("reserve");
  }

  /**
   * The cycle files, oldest first: their names are dates, so that the order of names is the order
   * of time.
   */
  List<Path> cycleFiles() throws IOException {
    if (!Files.isDirectory(queue())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(queue())) {
      return files.filter(f -> f.toString().endsWith(CYCLE_SUFFIX)).sorted().toList();
    }
  }
}
