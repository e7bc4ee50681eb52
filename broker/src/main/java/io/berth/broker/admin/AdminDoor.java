// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.LoudEnd;
import io.berth.broker.config.Administrators;
import io.berth.broker.config.Config;
import io.berth.broker.control.Acceptor;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.control.SocketFile;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.jni.os.ProcessControl;
import io.berth.jni.os.Sockets;
import io.berth.shm.admin.v1.FailureCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets administrators in: accepts on RUN/admin.sock and asks the kernel who it is. Who is no
 * administrator hears so and is sent away before anything is read from them.
 *
 * <p>The socket is open to its owner only, unless the configuration names further administrators:
 * then everybody may knock, and the kernel's word decides.
 *
 * <p>Runs on a thread of its own, so that however many connect, the control thread sees one request
 * of an administrator at a time.
 */
public final class AdminDoor implements AutoCloseable {
  /** What the socket is called in the run directory. */
  public static final String SOCKET_NAME = "admin.sock";

  private static final Logger LOG = LoggerFactory.getLogger(AdminDoor.class);
  private static final int BACKLOG = 128;
  private static final int ACCEPTS_PER_TURN = 32;
  private static final int MAX_CONNECTIONS = 64;
  private static final int OWNER_ONLY = 0600;
  private static final int EVERYBODY = 0666;

  private final ControlLoop loop;
  private final Thread thread;
  private final Path path;
  private final Administrators administrators;
  private final Administration administration;
  private final int brokerUid;
  private final Set<AdminConnection> connections = new HashSet<>();
  private final long silenceNanos;
  private Acceptor acceptor;

  /** Opens nothing yet. */
  public AdminDoor(Config config, Administration administration) throws OsException {
    this(config, administration, config.broker().handshakeTimeoutNanos());
  }

  /**
   * As above.
   *
   * @param silenceNanos how long a connection may ask nothing while it holds no device
   */
  AdminDoor(Config config, Administration administration, long silenceNanos) throws OsException {
    this.loop = new ControlLoop();
    this.thread = LoudEnd.thread(loop, "berth-admin");
    this.path = config.broker().runDirectory().resolve(SOCKET_NAME);
    this.administrators = config.administrators();
    this.administration = administration;
    this.brokerUid = ProcessControl.effectiveUid();
    this.silenceNanos = silenceNanos;
  }

  /** Where it listens, or will. */
  public Path socket() {
    return path;
  }

  /** Takes the socket's name, be it a dead broker's or a predecessor's, and starts to accept. */
  public void open() throws IOException {
    boolean others = !administrators.uids().isEmpty() || !administrators.gids().isEmpty();
    SocketFile socket = SocketFile.listen(path, BACKLOG, others ? EVERYBODY : OWNER_ONLY);
    acceptor = new Acceptor(loop, socket, ACCEPTS_PER_TURN, this::greet);
    acceptor.open();
    thread.start();
  }

  private void greet(int fd) {
    try {
      Sockets.PeerCredentials peer = Sockets.peerCredentials(fd);
      Administrator who = new Administrator(peer.uid(), peer.gid(), peer.pid());
      AdminConnection connection = new AdminConnection(loop, fd, who, this::forget);
      if (!administrators.include(peer.uid(), peer.gid(), Sockets.peerGroups(fd), brokerUid)) {
        administration.denied(who);
        connection.refuse(
            FailureCode.FAILURE_NOT_ADMINISTRATOR,
            who
                + " is no administrator: root, the broker's own uid, and what stands under"
                + " administrators in the configuration are");
      } else if (connections.size() >= MAX_CONNECTIONS) {
        connection.refuse(
            FailureCode.FAILURE_BUSY,
            "administrators " + connections.size() + " >= " + MAX_CONNECTIONS + "; try again");
      } else {
        connections.add(connection);
        connection.serve(administration, silenceNanos);
      }
    } catch (OsException e) {
      LOG.info("an administrator could not be identified: {}", e.getMessage());
      Descriptors.close(fd);
    }
  }

  private void forget(AdminConnection connection) {
    connections.remove(connection);
  }

  /** Ends all connections and the thread; what they had released is taken back or stopped. */
  @Override
  public void close() throws IOException {
    if (!thread.isAlive()) {
      loop.closeDescriptors();
      return;
    }
    loop.execute(
        () -> {
          acceptor.closeForGood();
          for (AdminConnection connection : Set.copyOf(connections)) {
            connection.close();
          }
        });
    loop.stop();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while administration stopped", e);
    }
    loop.closeDescriptors();
  }
}
