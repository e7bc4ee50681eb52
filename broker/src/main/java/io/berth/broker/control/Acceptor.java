// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
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
  private final Path path;
  private final int perTurn;
  private final IntConsumer accepted;
  private int listener;

  /**
   * Takes the listening socket; it is closed with this.
   *
   * @param path for messages
   * @param accepted gets each connection's descriptor, and owns it
   */
  public Acceptor(ControlLoop loop, Path path, int listener, int perTurn, IntConsumer accepted) {
    this.loop = loop;
    this.path = path;
    this.listener = listener;
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

  @Override
  public void close() {
    if (listener >= 0) {
      loop.unregister(listener);
      Descriptors.close(listener);
      listener = -1;
    }
  }
}
