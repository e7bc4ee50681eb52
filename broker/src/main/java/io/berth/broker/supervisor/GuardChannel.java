// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.control.ControlLoop;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** The connection of one guard. Control thread only. */
final class GuardChannel implements AutoCloseable {
  private final ControlLoop loop;
  private final int fd;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(2 * GuardMessage.BYTES);
  private boolean closed;

  GuardChannel(ControlLoop loop, int fd) {
    this.loop = loop;
    this.fd = fd;
  }

  void listen(Consumer<GuardMessage> received, Runnable ended) throws OsException {
    loop.register(fd, events -> readAll(received, ended));
  }

  private void readAll(Consumer<GuardMessage> received, Runnable ended) {
    while (!closed) {
      long result = Sockets.receive(fd, Memory.addressOf(buffer), buffer.capacity(), null);
      if (result == -Errno.EAGAIN) {
        return;
      }
      if (result == -Errno.ECONNRESET) {
        continue; // Said once when an order was under way; the guard's last messages follow.
      }
      GuardMessage message = null;
      if (result > 0) {
        buffer.clear().limit(Sockets.bytesOf(result));
        message = GuardMessage.decode(buffer);
      }
      if (message == null) {
        loop.unregister(fd);
        ended.run();
        return;
      }
      received.accept(message);
    }
  }

  boolean send(GuardMessage message) {
    if (closed) {
      return false;
    }
    message.encode(buffer);
    return Sockets.send(fd, Memory.addressOf(buffer), GuardMessage.BYTES, null, 0)
        == GuardMessage.BYTES;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      loop.unregister(fd);
      Descriptors.close(fd);
    }
  }
}
