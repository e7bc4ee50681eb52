// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.rehearsal;

import io.berth.broker.dataplane.DataThread;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Goodbye;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Open;
import java.nio.ByteBuffer;

/**
 * A client's end of one handshake. Takes whatever it is answered; a refusal is one, too, and
 * whoever is refused a session by the limits of the configuration hears no more.
 */
final class PlayedGreeting implements AutoCloseable {
  private static final int MESSAGE_BYTES = 4096;
  private static final int POLL_MILLIS = 1;
  private static final int[] NONE = {};

  private final int socket;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
  private final int[] descriptors = new int[8];

  /** Takes the descriptor. */
  PlayedGreeting(int socket) {
    this.socket = socket;
  }

  void hello() throws OsException {
    send(new Hello(ControlMessage.MAJOR, ControlMessage.MINOR, 1, 1, "rehearsal"));
  }

  void open(String resource) throws OsException {
    send(new Open(0, resource, ""));
  }

  void goodbye() throws OsException {
    send(new Goodbye());
  }

  /** What a peer that has closed is sent is lost; {@link #await} tells. */
  private void send(ControlMessage message) throws OsException {
    ByteBuffer encoded = ControlCodec.encode(1, message);
    int bytes = encoded.remaining();
    buffer.clear().put(encoded);
    int sent = Sockets.send(socket, Memory.addressOf(buffer), bytes, NONE, 0);
    if (sent != -Errno.EPIPE && sent != -Errno.ECONNRESET) {
      OsException.check("send", sent);
    }
  }

  /**
   * Takes one answer, if it comes in time; the data thread has a part in it.
   *
   * @return whether it came
   */
  boolean await(DataThread data, long untilNanos) throws OsException {
    long result;
    while ((result = receive()) == -Errno.EAGAIN) {
      if (System.nanoTime() - untilNanos >= 0) {
        return false;
      }
      data.pass();
      Descriptors.poll(socket, Descriptors.POLLIN, POLL_MILLIS);
    }
    if (result == 0 || result == -Errno.ECONNRESET) {
      return false;
    }
    OsException.check("recvmsg", result);
    for (int i = 0; i < Sockets.descriptorsOf(result); i++) {
      Descriptors.close(descriptors[i]);
    }
    return true;
  }

  private long receive() {
    return Sockets.receive(socket, Memory.addressOf(buffer), MESSAGE_BYTES, descriptors);
  }

  @Override
  public void close() {
    Descriptors.close(socket);
  }
}
