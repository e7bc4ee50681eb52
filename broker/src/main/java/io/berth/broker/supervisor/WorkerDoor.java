// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.control.Acceptor;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.control.SocketFile;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.ProcessControl;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerHello;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two sockets of one device, or of the journal: its guard connects to one, its worker to the
 * other. Only the broker's own uid gets in.
 *
 * <p>Control thread only.
 */
public final class WorkerDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerDoor.class);
  private static final int OWNER_ONLY = 0600;
  private static final int BACKLOG = 4;

  /** Who is told of what comes in. */
  interface Resident {
    void guardArrived(GuardChannel channel, GuardMessage hello);

    void guardSays(GuardMessage message);

    void guardLeft();

    void workerArrived(ControlChannel channel, long token, WorkerHello hello);

    void workerSays(ControlMessage message);

    void workerMalformed(String text);

    void workerHungUp(ControlChannel channel);
  }

  private final ControlLoop loop;
  private final Resident supervisor;
  private final Path workerPath;
  private final Path guardPath;
  private Acceptor workers;
  private Acceptor guards;

  WorkerDoor(ControlLoop loop, Path workerPath, Path guardPath, Resident supervisor) {
    this.loop = loop;
    this.supervisor = supervisor;
    this.workerPath = workerPath;
    this.guardPath = guardPath;
  }

  public void open() throws IOException {
    Files.createDirectories(workerPath.getParent());
    workers = accept(workerPath, this::acceptWorker);
    guards = accept(guardPath, this::acceptGuard);
  }

  private Acceptor accept(Path path, IntConsumer accepted) throws IOException {
    SocketFile socket = SocketFile.listen(path, BACKLOG, OWNER_ONLY);
    Acceptor acceptor = new Acceptor(loop, socket, BACKLOG, accepted);
    acceptor.open();
    return acceptor;
  }

  private void acceptWorker(int fd) {
    if (isStranger(fd)) {
      return;
    }
    ControlChannel channel = new ControlChannel(loop, fd);
    try {
      channel.listen(
          new ControlChannel.Listener() {
            private boolean introduced;

            @Override
            public void received(long token, ControlMessage message) {
              if (introduced) {
                supervisor.workerSays(message);
              } else if (message instanceof WorkerHello hello) {
                introduced = true;
                supervisor.workerArrived(channel, token, hello);
              } else {
                channel.close();
              }
            }

            @Override
            public void malformed(String text) {
              if (introduced) {
                supervisor.workerMalformed(text);
              } else {
                channel.close();
              }
            }

            @Override
            public void ended() {
              supervisor.workerHungUp(channel);
            }
          });
    } catch (OsException e) {
      LOG.warn("{}: {}", workerPath, e.getMessage());
      channel.close();
    }
  }

  private void acceptGuard(int fd) {
    if (isStranger(fd)) {
      return;
    }
    GuardChannel channel = new GuardChannel(loop, fd);
    boolean[] introduced = {false};
    try {
      channel.listen(
          message -> {
            if (introduced[0]) {
              supervisor.guardSays(message);
            } else if (message.kind() == GuardMessage.HELLO) {
              introduced[0] = true;
              supervisor.guardArrived(channel, message);
            } else {
              channel.close();
            }
          },
          () -> {
            channel.close();
            if (introduced[0]) {
              supervisor.guardLeft();
            }
          });
    } catch (OsException e) {
      LOG.warn("{}: {}", guardPath, e.getMessage());
      channel.close();
    }
  }

  /** The socket's mode keeps others out already; root and bind mounts can get around a mode. */
  private boolean isStranger(int fd) {
    try {
      int uid = Sockets.peerCredentials(fd).uid();
      if (uid == ProcessControl.effectiveUid()) {
        return false;
      }
      LOG.warn("{}: uid {} connects, only the device's own uid may", workerPath, uid);
    } catch (OsException e) {
      LOG.warn("{}: {}", workerPath, e.getMessage());
    }
    Descriptors.close(fd);
    return true;
  }

  /** Leaves the sockets' names to a successor. */
  void stopListening() {
    if (workers != null) {
      workers.close();
    }
    if (guards != null) {
      guards.close();
    }
  }

  @Override
  public void close() {
    if (workers != null) {
      workers.closeForGood();
    }
    if (guards != null) {
      guards.closeForGood();
    }
  }
}
