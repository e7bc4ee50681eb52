// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Listening sockets under a fixed name. The name changes hands in one step: who connects reaches
 * either the broker before or this one, and never finds nothing, be the other one leaving or dead.
 */
public final class SocketFile {
  private SocketFile() {}

  /** Listens under {@code path}, taking the name from whoever had it. */
  public static int listen(Path path, int backlog, int mode) throws IOException {
    Path next = path.resolveSibling(path.getFileName() + ".next");
    Files.deleteIfExists(next);
    int listener = Sockets.listen(next, backlog, mode);
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return listener;
  }
}
