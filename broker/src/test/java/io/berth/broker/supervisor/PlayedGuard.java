// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.control.ControlLoop;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import java.nio.ByteBuffer;

/** A guard that a test plays, at the other end of a real socket. */
final class PlayedGuard implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 60_000;

  final GuardChannel channel;
  private final int fd;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(GuardMessage.BYTES);

  PlayedGuard(ControlLoop loop) throws OsException {
    int[] both = new int[2];
    OsException.check("socketpair", Sockets.pair(both));
    channel = new GuardChannel(loop, both[0]);
    fd = both[1];
  }

  static GuardMessage says(int kind, int incarnation, int pid, int status, String text) {
    return new GuardMessage(kind, incarnation, pid, status, "card", text);
  }

  /** The next order, which must be of this kind; its incarnation. */
  int ordered(int kind) throws OsException {
    GuardMessage order = next(PATIENCE_MILLIS);
    assertEquals(kind, order == null ? 0 : order.kind());
    return order.incarnation();
  }

  void assertNothingOrdered() throws OsException {
    GuardMessage order = next(0);
    assertEquals(0, order == null ? 0 : order.kind(), "an order");
  }

  private GuardMessage next(int patienceMillis) throws OsException {
    Descriptors.poll(fd, Descriptors.POLLIN, patienceMillis);
    long result = Sockets.receive(fd, Memory.addressOf(buffer), GuardMessage.BYTES, null);
    if (result == -Errno.EAGAIN) {
      return null;
    }
    OsException.check("recvmsg", result);
    buffer.clear().limit(Sockets.bytesOf(result));
    return GuardMessage.decode(buffer);
  }

  @Override
  public void close() {
    channel.close();
    Descriptors.close(fd);
  }
}
