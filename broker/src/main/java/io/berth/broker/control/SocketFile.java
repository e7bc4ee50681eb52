// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.FileIdentity;
import io.berth.jni.os.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A listening socket under a fixed name. The name changes hands in one step: who connects reaches
 * either the broker before or this one, and never finds nothing, be the other one leaving or dead.
 */
public final class SocketFile {
  private final Path path;
  private final int listener;
  private final FileIdentity identity;

  private SocketFile(Path path, int listener, FileIdentity identity) {
    this.path = path;
    this.listener = listener;
    this.identity = identity;
  }

  /** Listens under {@code path}, taking the name from whoever had it. */
  public static SocketFile listen(Path path, int backlog, int mode) throws IOException {
    Path next = path.resolveSibling(path.getFileName() + ".next");
    Files.deleteIfExists(next);
    int listener = Sockets.listen(next, backlog, mode);
    FileIdentity identity =
        FileIdentity.of(next).orElseThrow(() -> new NoSuchFileException(next.toString()));
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new SocketFile(path, listener, identity);
  }

  Path path() {
    return path;
  }

  int listener() {
    return listener;
  }

  /**
   * Removes the name unless somebody else has taken it. To be called while the listener is open:
   * after that the file's number may be another file's.
   */
  void remove() throws IOException {
    // It may be removed already, by hand or with its directory.
    if (FileIdentity.of(path).filter(identity::equals).isPresent()) {
      Files.deleteIfExists(path);
    }
  }
}
