// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A listening socket under a fixed name. The name changes hands in one step: who connects reaches
 * either the broker before or this one, and never finds nothing, be the other one leaving or dead.
 */
public final class SocketFile {
  private final Path path;
  private final int listener;
  private final Object identity;

  private SocketFile(Path path, int listener, Object identity) {
    this.path = path;
    this.listener = listener;
    this.identity = identity;
  }

  /** Listens under {@code path}, taking the name from whoever had it. */
  public static SocketFile listen(Path path, int backlog, int mode) throws IOException {
    Path next = path.resolveSibling(path.getFileName() + ".next");
    Files.deleteIfExists(next);
    int listener = Sockets.listen(next, backlog, mode);
    Object identity = identity(next);
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new SocketFile(path, listener, identity);
  }

  private static Object identity(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
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
    try {
      if (identity.equals(identity(path))) {
        Files.delete(path);
      }
    } catch (NoSuchFileException e) {
      return; // Removed already, by hand or with its directory.
    }
  }
}
