// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlCodec.MalformedMessageException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerHello;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A worker's control connection, seen by the broker. One thread. */
public final class PlayedConnection implements AutoCloseable {
  private final int fd;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(ControlCodec.MAX_MESSAGE_BYTES);
  private WorkerHello hello;
  private boolean closed;

  PlayedConnection(int fd) {
    this.fd = fd;
  }

  void hello(WorkerHello received) {
    hello = received;
  }

  public WorkerHello hello() {
    return hello;
  }

  /** Makes the memory of a link and hands it over. */
  public PlayedLink welcome(LinkOptions options) throws IOException {
    return PlayedLink.make(this, options);
  }

  /** Sends a message with descriptors, which stay open here. */
  public void send(ControlMessage message, int... descriptors) throws OsException {
    ByteBuffer encoded = ControlCodec.encode(0, message);
    sendRaw(encoded, descriptors);
  }

  /** Sends whatever it is. */
  public void sendRaw(ByteBuffer datagram, int... descriptors) throws OsException {
    int bytes = datagram.remaining();
    buffer.clear().put(datagram);
    OsException.check(
        "send", Sockets.send(fd, Memory.addressOf(buffer), bytes, descriptors, descriptors.length));
  }

  /** The worker's next message. */
  public ControlMessage await() throws IOException {
    ControlMessage message = receive();
    if (message == null) {
      throw new AssertionError("the worker has closed its connection");
    }
    return message;
  }

  /** Waits until the worker has closed its connection; fails if it says anything before. */
  public void awaitEnd() throws IOException {
    ControlMessage message = receive();
    if (message != null) {
      throw new AssertionError("expected the end of the connection, found " + message);
    }
  }

  /** Whether there is a message, or the end. */
  public boolean hasMessage() {
    return Descriptors.poll(fd, Descriptors.POLLIN, 0) > 0;
  }

  private ControlMessage receive() throws IOException {
    if (Descriptors.poll(fd, Descriptors.POLLIN, (int) Await.PATIENCE.toMillis()) == 0) {
      throw new AssertionError("the worker says nothing");
    }
    long result = Sockets.receive(fd, Memory.addressOf(buffer), buffer.capacity(), null);
    if (result == 0 || result == -Errno.ECONNRESET) {
      return null;
    }
    OsException.check("receive", result);
    buffer.clear().limit(Sockets.bytesOf(result));
    try {
      return ControlCodec.decode(buffer).message();
    } catch (MalformedMessageException e) {
      throw new AssertionError("what the worker sends is no message: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Descriptors.close(fd);
    }
  }
}
