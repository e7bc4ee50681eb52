// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerHello;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The broker's side of a worker's socket, played step by step by a test: real socket, real shared
 * memory, real doorbells.
 *
 * <p>One thread.
 */
public final class PlayedBroker implements AutoCloseable {
  private static final int OWNER_ONLY = 0600;

  private final Path directory;
  private final Path socket;
  private int listener;

  private PlayedBroker(Path directory, int listener) {
    this.directory = directory;
    this.socket = directory.resolve("w");
    this.listener = listener;
  }

  /** Listens on a socket in a directory of its own. */
  public static PlayedBroker listen() throws IOException {
    Path directory =
        Files.createTempDirectory(
            Path.of("/tmp"),
            "berth-kit-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    PlayedBroker broker = new PlayedBroker(directory, -1);
    broker.listenAgain();
    return broker;
  }

  /** Where workers connect. */
  public Path socket() {
    return socket;
  }

  /** The directory of the socket, which goes when this is closed. */
  public Path directory() {
    return directory;
  }

  /** Accepts the next worker and reads its WORKER_HELLO. */
  public PlayedConnection accept() throws IOException {
    if (Descriptors.poll(listener, Descriptors.POLLIN, (int) Await.PATIENCE.toMillis()) == 0) {
      throw new AssertionError("no worker connects to " + socket);
    }
    PlayedConnection connection =
        new PlayedConnection(OsException.check("accept", Sockets.accept(listener)));
    ControlMessage first = connection.await();
    if (!(first instanceof WorkerHello hello)) {
      throw new AssertionError("the first message is " + first + ", expected WORKER_HELLO");
    }
    connection.hello(hello);
    return connection;
  }

  /** Whether a worker waits to be accepted. */
  public boolean hasVisitor() {
    return Descriptors.poll(listener, Descriptors.POLLIN, 0) > 0;
  }

  /** Stops listening, as a broker that died. */
  public void vanish() throws IOException {
    if (listener >= 0) {
      Descriptors.close(listener);
      listener = -1;
      Files.deleteIfExists(socket);
    }
  }

  /** Listens after {@link #vanish}. */
  public void listenAgain() throws IOException {
    if (listener >= 0) {
      throw new IllegalStateException("listens already, descriptor " + listener);
    }
    int made = Sockets.listen(socket, 8, OWNER_ONLY);
    if (made == -Errno.EADDRINUSE) {
      throw new IllegalStateException(socket + " is in use");
    }
    listener = made;
  }

  @Override
  public void close() throws IOException {
    vanish();
    Files.deleteIfExists(directory);
  }
}
