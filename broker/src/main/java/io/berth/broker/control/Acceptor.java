// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections on one listening socket, a bounded number per turn.
 *
 * <p>When the process has no descriptor left, whoever waits in the backlog keeps the socket ready:
 * without a pause the loop would spin, and log, until somebody closes something.
 *
 * <p>One thread: the loop's.
 */
public final class Acceptor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
  private static final long PAUSE_NANOS = 100_000_000L;

  private final ControlLoop loop;
  private final SocketFile socket;
  private final Path path;
  private final int perTurn;
  private final IntConsumer accepted;
  private int listener;

  /**
   * Takes the listening socket; it is closed with this.
   *
   * @param accepted gets each connection's descriptor, and owns it
   */
  public Acceptor(ControlLoop loop, SocketFile socket, int perTurn, IntConsumer accepted) {
    this.loop = loop;
    this.socket = socket;
    this.path = socket.path();
    this.listener = socket.listener();
    this.perTurn = perTurn;
    this.accepted = accepted;
  }

  /** Starts to accept. */
  public void open() throws OsException {
    loop.register(listener, ready -> accept());
  }

  private void accept() {
    for (int i = 0; i < perTurn && listener >= 0; i++) {
      int fd = Sockets.accept(listener);
      if (fd == -Errno.EAGAIN) {
        return;
      }
      if (fd < 0) {
        LOG.warn("accept on {}: {}; trying again", path, Errno.name(-fd));
        pause();
        return;
      }
      accepted.accept(fd);
    }
  }

  private void pause() {
    loop.unregister(listener);
    loop.schedule(
        PAUSE_NANOS,
        () -> {
          try {
            if (listener >= 0) {
              open();
            }
          } catch (OsException e) {
            LOG.error("{} accepts no more connections: {}", path, e.getMessage());
          }
        });
  }

  public boolean isOpen() {
    return listener >= 0;
  }

  /** Closes, and takes the socket's name away unless a successor has it. */
  public void closeForGood() {
    if (listener >= 0) {
      try {
        socket.remove();
      } catch (IOException e) {
        LOG.warn("{} stays: {}", path, e.toString());
      }
      close();
    }
  }

  /** Closes, and leaves the socket's name to a successor. */
  @Override
  public void close() {
    if (listener >= 0) {
      loop.unregister(listener);
      Descriptors.close(listener);
      listener = -1;
    }
  }
}
