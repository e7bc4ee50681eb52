// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.admin.v1.AdminReply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Somebody who is connected to the administrative socket and sends whatever it likes. */
final class RawPeer implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final int fd;

  RawPeer(Path socket) throws OsException {
    this.fd = Sockets.connect(socket);
  }

  int send(byte[] bytes, int... descriptors) {
    ByteBuffer packet = ByteBuffer.allocateDirect(bytes.length).put(bytes);
    return Sockets.send(
        fd, Memory.addressOf(packet), bytes.length, descriptors, descriptors.length);
  }

  /** The next reply; null at the end of the connection. */
  AdminReply receive() throws IOException {
    ByteBuffer packet = ByteBuffer.allocateDirect(AdminMessages.MAX_PACKET_BYTES);
    for (int waits = 0; waits < 3; waits++) {
      long result = Sockets.receive(fd, Memory.addressOf(packet), packet.capacity(), null);
      if (result == -Errno.EAGAIN) {
        Descriptors.poll(fd, Descriptors.POLLIN, PATIENCE_MILLIS);
        continue;
      }
      if (result == -Errno.ECONNRESET) {
        continue; // Closed with our request unread; what was sent before is still to be read.
      }
      if (result == 0) {
        return null;
      }
      packet.limit(Sockets.bytesOf(OsException.check("recvmsg", result)));
      return AdminMessages.parse(AdminReply.parser(), packet);
    }
    throw new IOException("neither reply nor end within " + PATIENCE_MILLIS + " ms");
  }

  @Override
  public void close() {
    Descriptors.close(fd);
  }
}
