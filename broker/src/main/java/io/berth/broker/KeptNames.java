// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A predecessor's sockets under second names, for as long as its successor can fail: it goes on
 * then, and is to be found again where it was.
 *
 * <p>Only for who has the turn to succeed.
 */
final class KeptNames {
  private static final Logger LOG = LoggerFactory.getLogger(KeptNames.class);
  private static final String SOCKET = ".sock";
  private static final String KEPT = ".before";

  private final Path run;
  private final Path workers;

  private KeptNames(Path run, Path workers) {
    this.run = run;
    this.workers = workers;
  }

  /**
   * Keeps what is there now. What an earlier successor has kept that died is still the living
   * broker's, and what stands in its place is that dead one's: it stays.
   */
  static KeptNames keep(Path run, Path workers) throws IOException {
    KeptNames names = new KeptNames(run, workers);
    for (Path socket : names.ending(SOCKET)) {
      try {
        Files.createLink(socket.resolveSibling(socket.getFileName() + KEPT), socket);
      } catch (FileAlreadyExistsException e) {
        LOG.info("{} was kept by a successor that has died", socket);
      }
    }
    return names;
  }

  private List<Path> ending(String suffix) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path directory : List.of(run, workers)) {
      try (Stream<Path> files = Files.list(directory)) {
        files.filter(file -> file.toString().endsWith(suffix)).forEach(found::add);
      }
    }
    return found;
  }

  /** Gives the names back, each in one step. */
  void giveBack() throws IOException {
    for (Path kept : ending(SOCKET + KEPT)) {
      String name = kept.getFileName().toString();
      Files.move(
          kept,
          kept.resolveSibling(name.substring(0, name.length() - KEPT.length())),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      Files.deleteIfExists(kept); // Not moved where nobody has taken the name: both are one file.
    }
  }

  /** Nobody needs them any more. */
  void forget() throws IOException {
    for (Path kept : ending(SOCKET + KEPT)) {
      Files.delete(kept);
    }
  }
}
