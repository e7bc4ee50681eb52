// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Somebody who is connected to the control socket and says whatever it likes. */
final class RawClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 60_000;

  private final int fd;
  private final List<Integer> received = new ArrayList<>();
  private final Map<Long, Long> mapped = new HashMap<>();
  private Region own;
  private Region broker;
  private boolean isHungUp;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(4 * ControlCodec.MAX_MESSAGE_BYTES);

  RawClient(Path socket) throws OsException {
    this.fd = Sockets.connect(socket);
  }

  /** On a connection that exists; takes its descriptor. */
  RawClient(int fd) {
    this.fd = fd;
  }

  static RawClient greeted(Path socket) throws Exception {
    RawClient client = new RawClient(socket);
    ControlMessage answer =
        client.ask(new ControlMessage.Hello(ControlMessage.MAJOR, 0, 0, 0, "raw"));
    assertInstanceOf(ControlMessage.Welcome.class, answer, () -> "answer to HELLO: " + answer);
    return client;
  }

  int send(ControlMessage message) {
    ByteBuffer encoded = ControlCodec.encode(7, message);
    int bytes = encoded.remaining();
    buffer.clear().put(encoded);
    return sendRaw(bytes);
  }

  /** Sends that many bytes of whatever is in the buffer. */
  int sendRaw(int bytes) {
    return Sockets.send(fd, Memory.addressOf(buffer), bytes, new int[0], 0);
  }

  ControlMessage ask(ControlMessage message) throws Exception {
    int sent = send(message);
    if (sent < 0) {
      throw new IOException("sendmsg: " + Errno.name(-sent));
    }
    return receive();
  }

  /** Whether {@link #receive} would return at once. */
  boolean hasInput() {
    return Descriptors.poll(fd, Descriptors.POLLIN, 0) != 0;
  }

  /** A descriptor that has come, by its place among all that have. */
  int descriptor(int place) {
    return received.get(place);
  }

  /** Hangs up and keeps all that it was given. */
  void hangUp() {
    Descriptors.close(fd);
    isHungUp = true;
  }

  /** The next message; null at the end of the connection. */
  ControlMessage receive() throws Exception {
    int[] descriptors = new int[8];
    while (true) {
      long result =
          Sockets.receive(
              fd, Memory.addressOf(buffer), ControlCodec.MAX_MESSAGE_BYTES, descriptors);
      if (result == -Errno.EAGAIN) {
        if (Descriptors.poll(fd, Descriptors.POLLIN, PATIENCE_MILLIS) == 0) {
          throw new IOException("neither answer nor end within " + PATIENCE_MILLIS + " ms");
        }
        continue;
      }
      if (result == -Errno.ECONNRESET) {
        continue; // Closed with something of ours unread; what was said before is behind it.
      }
      if (result == 0) {
        return null;
      }
      OsException.check("recvmsg", result);
      for (int i = 0; i < Sockets.descriptorsOf(result); i++) {
        received.add(descriptors[i]); // A doorbell that is closed is taken for the client's end.
      }
      buffer.clear().limit(Sockets.bytesOf(result));
      ControlMessage message = ControlCodec.decode(buffer).message();
      buffer.clear();
      return message;
    }
  }

  /** Maps the rings that came with WELCOME, for {@link #submit}. */
  void mapRings() throws OsException {
    own = map(received.get(0), Memory.PROT_READ | Memory.PROT_WRITE, RegionDescriptor.KIND_CLIENT);
    broker = map(received.get(1), Memory.PROT_READ, RegionDescriptor.KIND_BROKER);
  }

  private Region map(int descriptor, int protection, int kind) throws OsException {
    long bytes = OsException.check("fstat", Memory.size(descriptor));
    long address = OsException.check("mmap", Memory.map(descriptor, 0, bytes, protection, false));
    mapped.put(address, bytes);
    return Region.open(address, bytes, kind);
  }

  /** Publishes a request on a handle that nobody has. */
  void submit() {
    RingWriter requests = new RingWriter(own, broker);
    int at = requests.claim(FrameDescriptor.HEADER_BYTES, FrameDescriptor.TYPE_REQUEST);
    requests
        .buffer()
        .setMemory(
            at + FrameDescriptor.CORRELATION_OFFSET,
            FrameDescriptor.HEADER_BYTES - FrameDescriptor.CORRELATION_OFFSET,
            (byte) 0);
    requests.publish();
  }

  /** Bytes of the request ring that the broker has read. */
  long readByBroker() {
    return broker.headAcquire();
  }

  @Override
  public void close() {
    mapped.forEach(Memory::unmap);
    mapped.clear();
    received.forEach(Descriptors::close);
    received.clear();
    if (!isHungUp) {
      hangUp();
    }
  }
}
