// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.link;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlCodec.Envelope;
import io.berth.shm.control.ControlCodec.MalformedMessageException;
import io.berth.shm.control.ControlMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The control socket to the broker. One thread. */
public final class ControlSocket implements AutoCloseable {
  private static final int DESCRIPTORS_MAX = 8;
  private static final int ROOM_LOOK_MILLIS = 1000;

  private final int fd;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(ControlCodec.MAX_MESSAGE_BYTES);
  private final int[] received = new int[DESCRIPTORS_MAX];
  private boolean closed;

  /** One message with what came along; whoever takes it owns the descriptors. */
  public static final class Received {
    private final ControlMessage message;
    private final int[] descriptors;

    Received(ControlMessage message, int[] descriptors) {
      this.message = message;
      this.descriptors = descriptors;
    }

    public ControlMessage message() {
      return message;
    }

    public int[] descriptors() {
      return descriptors;
    }

    public void closeDescriptors() {
      for (int descriptor : descriptors) {
        Descriptors.close(descriptor);
      }
    }
  }

  /** The broker has closed the connection, or died. */
  public static final class EndedException extends IOException {
    private static final long serialVersionUID = 1L;

    EndedException(String message) {
      super(message);
    }
  }

  private ControlSocket(int fd) {
    this.fd = fd;
  }

  public static ControlSocket connect(Path path) throws OsException {
    return new ControlSocket(Sockets.connect(path));
  }

  public int descriptor() {
    return fd;
  }

  public void send(ControlMessage message) throws IOException {
    ByteBuffer encoded = ControlCodec.encode(0, message);
    int bytes = encoded.remaining();
    buffer.clear().put(encoded);
    int sent = Sockets.send(fd, Memory.addressOf(buffer), bytes, null, 0);
    while (sent == -Errno.EAGAIN) {
      // The broker always reads, unless it is gone.
      OsException.check(
          "poll(control socket)", Descriptors.poll(fd, Descriptors.POLLOUT, ROOM_LOOK_MILLIS));
      sent = Sockets.send(fd, Memory.addressOf(buffer), bytes, null, 0);
    }
    if (sent == -Errno.EPIPE || sent == -Errno.ECONNRESET) {
      throw new EndedException("the broker has closed the control socket");
    }
    OsException.check("send(control socket)", sent);
  }

  /**
   * Receives one message.
   *
   * @return null if none came within {@code timeoutMillis}
   */
  public Received receive(int timeoutMillis) throws IOException {
    long result = receiveNow();
    if (result == -Errno.EAGAIN && timeoutMillis > 0) {
      OsException.check(
          "poll(control socket)", Descriptors.poll(fd, Descriptors.POLLIN, timeoutMillis));
      result = receiveNow();
    }
    if (result == -Errno.EAGAIN) {
      return null;
    }
    if (result == 0 || result == -Errno.ECONNRESET) {
      throw new EndedException("the broker has closed the control socket");
    }
    OsException.check("recvmsg(control socket)", result);
    int[] descriptors = new int[Sockets.descriptorsOf(result)];
    System.arraycopy(received, 0, descriptors, 0, descriptors.length);
    buffer.clear().limit(Sockets.bytesOf(result));
    try {
      Envelope envelope = ControlCodec.decode(buffer);
      return new Received(envelope.message(), descriptors);
    } catch (MalformedMessageException e) {
      new Received(null, descriptors).closeDescriptors();
      throw new IOException("what the broker sent is no message: " + e.getMessage(), e);
    }
  }

  private long receiveNow() {
    return Sockets.receive(fd, Memory.addressOf(buffer), buffer.capacity(), received);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Descriptors.close(fd);
    }
  }
}
