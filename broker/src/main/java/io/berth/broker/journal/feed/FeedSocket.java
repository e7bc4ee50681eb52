// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal.feed;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.ProcessControl;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlCodec.MalformedMessageException;
import io.berth.shm.control.ControlMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The journal process's end of the control socket. One thread. */
final class FeedSocket implements AutoCloseable {
  private static final int DESCRIPTORS = 4;

  private final int fd;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(ControlCodec.MAX_MESSAGE_BYTES);
  private final int[] descriptors = new int[DESCRIPTORS];
  private int descriptorCount;
  private boolean ended;

  private FeedSocket(int fd) {
    this.fd = fd;
  }

  /**
   * Connects to a broker of this process's own uid: what it sends is what gets recorded.
   *
   * @throws OsException if nobody listens
   */
  static FeedSocket connect(Path path) throws IOException {
    FeedSocket socket = new FeedSocket(Sockets.connect(path));
    try {
      int uid = Sockets.peerCredentials(socket.fd).uid();
      if (uid != ProcessControl.effectiveUid()) {
        throw new IOException(
            path + ": the broker there has uid " + Integer.toUnsignedString(uid) + ", not mine");
      }
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  int descriptor() {
    return fd;
  }

  /** False: the broker is gone or does not read. */
  boolean send(ControlMessage message) {
    ByteBuffer encoded = ControlCodec.encode(0, message);
    int bytes = encoded.remaining();
    buffer.clear().put(encoded);
    return Sockets.send(fd, Memory.addressOf(buffer), bytes, null, 0) == bytes;
  }

  /**
   * The next message; null if none is there, see {@link #ended}. Descriptors that came along belong
   * to whoever asks {@link #takeDescriptors}; else the next call closes them.
   */
  ControlMessage receive() throws IOException {
    closeDescriptors();
    long result = Sockets.receive(fd, Memory.addressOf(buffer), buffer.capacity(), descriptors);
    if (result == -Errno.EAGAIN) {
      return null;
    }
    if (result == 0 || result == -Errno.ECONNRESET) {
      ended = true;
      return null;
    }
    OsException.check("recvmsg(journal socket)", result);
    descriptorCount = Sockets.descriptorsOf(result);
    buffer.clear().limit(Sockets.bytesOf(result));
    try {
      return ControlCodec.decode(buffer).message();
    } catch (MalformedMessageException e) {
      throw new IOException("what the broker sent is no message: " + e.getMessage(), e);
    }
  }

  /** Whether the broker has closed the connection, or died. */
  boolean ended() {
    return ended;
  }

  int[] takeDescriptors() {
    int[] taken = new int[descriptorCount];
    System.arraycopy(descriptors, 0, taken, 0, descriptorCount);
    descriptorCount = 0;
    return taken;
  }

  private void closeDescriptors() {
    for (int i = 0; i < descriptorCount; i++) {
      Descriptors.close(descriptors[i]);
    }
    descriptorCount = 0;
  }

  @Override
  public void close() {
    closeDescriptors();
    Descriptors.close(fd);
  }
}
