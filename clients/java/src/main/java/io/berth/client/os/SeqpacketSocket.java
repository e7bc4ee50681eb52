// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The control socket: connected SOCK_SEQPACKET over a path.
 *
 * <p>Any thread may send; one thread receives. {@link #shutdown()} ends a receiver that waits;
 * {@link #close()} only afterwards.
 */
public final class SeqpacketSocket implements AutoCloseable {
  public static final int MAX_DATAGRAM_BYTES = 65_536;
  private static final int SUN_PATH_BYTES = 108;
  private static final int MAX_DESCRIPTORS = 16;
  private static final int CMSG_DATA = 16;
  private static final int CONTROL_BYTES = CMSG_DATA + MAX_DESCRIPTORS * Integer.BYTES;

  private final Descriptor descriptor;
  private final Msghdr incoming = new Msghdr(CONTROL_BYTES, MAX_DATAGRAM_BYTES);
  private final Msghdr outgoing = new Msghdr(0, MAX_DATAGRAM_BYTES);

  private SeqpacketSocket(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Connects to a listening socket.
   *
   * @param timeoutNanos bounds this call and each later {@link #send}
   * @throws SystemCallException if nobody listens, or this user may not
   */
  public static SeqpacketSocket connect(String path, long timeoutNanos) throws SystemCallException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    if (name.length == 0 || name.length >= SUN_PATH_BYTES) {
      throw new IllegalArgumentException(
          "socket path '"
              + path
              + "' has "
              + name.length
              + " bytes; the kernel takes 1 to "
              + (SUN_PATH_BYTES - 1));
    }
    int fd = LibC.socket(LibC.AF_UNIX, LibC.SOCK_SEQPACKET | LibC.SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw new SystemCallException("socket(AF_UNIX, SOCK_SEQPACKET)");
    }
    Descriptor descriptor = new Descriptor(fd);
    Memory memory = new Memory(16 + 2 + SUN_PATH_BYTES);
    memory.clear();
    memory.setLong(0, timeoutNanos / 1_000_000_000L);
    memory.setLong(8, Math.max(1, timeoutNanos % 1_000_000_000L / 1000));
    memory.setShort(16, (short) LibC.AF_UNIX);
    memory.write(18, name, 0, name.length);
    long address = Pointer.nativeValue(memory);
    LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_SNDTIMEO, address, 16);
    int result = LibC.connect(fd, address + 16, 2 + name.length + 1);
    if (result != 0) {
      SystemCallException failure = new SystemCallException("connect to " + path);
      descriptor.close();
      throw failure;
    }
    // Reachable until here: its memory is freed with it.
    memory.getByte(0);
    return new SeqpacketSocket(descriptor);
  }

  /**
   * Sends the buffer's remaining bytes as one datagram; waits while the socket's buffer is full.
   */
  public void send(ByteBuffer message) throws SystemCallException {
    synchronized (outgoing) {
      if (!descriptor.isOpen()) {
        throw SystemCallException.closed("sendmsg on the broker's socket");
      }
      int length = message.remaining();
      long sent;
      do {
        sent = outgoing.send(descriptor.number(), message.duplicate(), LibC.MSG_NOSIGNAL);
      } while (sent < 0 && LibC.lastError() == LibC.EINTR);
      if (sent != length) {
        throw new SystemCallException("sendmsg on the broker's socket");
      }
    }
  }

  /**
   * Waits for a datagram.
   *
   * @return null at the end of the connection
   * @throws SystemCallException if the kernel reports an error, which also ends the connection
   * @throws IllegalArgumentException if a message or its descriptors came truncated
   */
  public Datagram receive() throws SystemCallException {
    long received;
    do {
      received = incoming.receive(descriptor.number(), LibC.MSG_CMSG_CLOEXEC);
    } while (received < 0 && LibC.lastError() == LibC.EINTR);
    if (received < 0) {
      throw new SystemCallException("recvmsg on the broker's socket");
    }
    List<Descriptor> descriptors = descriptors();
    int flags = incoming.flags();
    if ((flags & (LibC.MSG_CTRUNC | LibC.MSG_TRUNC)) != 0) {
      for (Descriptor each : descriptors) {
        each.close();
      }
      throw new IllegalArgumentException(
          "a control message came truncated (flags 0x"
              + Integer.toHexString(flags)
              + "): this process may have reached its limit of open files (ulimit -n)");
    }
    if (received == 0) {
      for (Descriptor each : descriptors) {
        each.close();
      }
      return null;
    }
    byte[] copy = incoming.payload((int) received);
    return new Datagram(ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN), descriptors);
  }

  /**
   * Waits until {@link #receive()} would not.
   *
   * @return false if the time was over first
   */
  public boolean awaitReadable(long timeoutNanos) {
    Memory poll = new Memory(24);
    poll.setInt(0, descriptor.number());
    poll.setInt(4, LibC.POLLIN);
    long nanos = Math.max(0, timeoutNanos);
    poll.setLong(8, nanos / 1_000_000_000L);
    poll.setLong(16, nanos % 1_000_000_000L);
    long address = Pointer.nativeValue(poll);
    int ready = LibC.ppoll(address, 1, address + 8, 0);
    // The kernel writes there; and so it is reachable until here.
    return ready > 0 && poll.getShort(6) != 0;
  }

  private List<Descriptor> descriptors() {
    List<Descriptor> found = new ArrayList<>(4);
    long controlBytes = incoming.controlBytes();
    long at = 0;
    while (at + CMSG_DATA <= controlBytes) {
      long length = incoming.controlLong(at);
      if (length < CMSG_DATA || length > controlBytes - at) {
        break;
      }
      if (incoming.controlInt(at + 8) == LibC.SOL_SOCKET
          && incoming.controlInt(at + 12) == LibC.SCM_RIGHTS) {
        for (long each = CMSG_DATA; each + Integer.BYTES <= length; each += Integer.BYTES) {
          found.add(new Descriptor(incoming.controlInt(at + each)));
        }
      }
      at += (length + 7) & ~7L;
    }
    return found;
  }

  /** Ends the connection for both sides; a waiting {@link #receive()} returns null. */
  public void shutdown() {
    descriptor.shutdown();
  }

  @Override
  public void close() {
    // No sender is inside while the number is given back to the kernel.
    synchronized (outgoing) {
      descriptor.close();
    }
  }
}
