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
  private final Memory incoming = new Memory(MAX_DATAGRAM_BYTES);
  private final Memory incomingControl = new Memory(CONTROL_BYTES);
  private final Memory incomingVector = new Memory(16);
  private final Memory incomingHeader = new Memory(Msghdr.BYTES);
  private final Memory outgoing = new Memory(MAX_DATAGRAM_BYTES);
  private final Memory outgoingVector = new Memory(16);
  private final Memory outgoingHeader = new Memory(Msghdr.BYTES);

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
    Memory timeout = new Memory(16);
    timeout.setLong(0, timeoutNanos / 1_000_000_000L);
    timeout.setLong(8, Math.max(1, timeoutNanos % 1_000_000_000L / 1000));
    LibC.setsockopt(
        fd, LibC.SOL_SOCKET, LibC.SO_SNDTIMEO, Pointer.nativeValue(timeout), (int) timeout.size());
    Memory address = new Memory(2 + SUN_PATH_BYTES);
    address.clear();
    address.setShort(0, (short) LibC.AF_UNIX);
    address.write(2, name, 0, name.length);
    if (LibC.connect(fd, Pointer.nativeValue(address), 2 + name.length + 1) != 0) {
      SystemCallException failure = new SystemCallException("connect to " + path);
      descriptor.close();
      throw failure;
    }
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
      outgoing.getByteBuffer(0, length).put(message);
      Msghdr.set(outgoingHeader, outgoingVector, outgoing, length, null, 0);
      long sent;
      do {
        sent =
            LibC.sendmsg(
                descriptor.number(), Pointer.nativeValue(outgoingHeader), LibC.MSG_NOSIGNAL);
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
    Msghdr.set(
        incomingHeader,
        incomingVector,
        incoming,
        MAX_DATAGRAM_BYTES,
        incomingControl,
        CONTROL_BYTES);
    long received;
    do {
      received =
          LibC.recvmsg(
              descriptor.number(), Pointer.nativeValue(incomingHeader), LibC.MSG_CMSG_CLOEXEC);
    } while (received < 0 && LibC.lastError() == LibC.EINTR);
    if (received < 0) {
      throw new SystemCallException("recvmsg on the broker's socket");
    }
    List<Descriptor> descriptors = descriptors();
    int flags = Msghdr.flags(incomingHeader);
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
    byte[] copy = new byte[(int) received];
    incoming.read(0, copy, 0, copy.length);
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
    return LibC.ppoll(address, 1, address + 8, 0) > 0;
  }

  private List<Descriptor> descriptors() {
    List<Descriptor> found = new ArrayList<>(4);
    long controlBytes = Msghdr.controlBytes(incomingHeader);
    long at = 0;
    while (at + CMSG_DATA <= controlBytes) {
      long length = incomingControl.getLong(at);
      if (length < CMSG_DATA || length > controlBytes - at) {
        break;
      }
      if (incomingControl.getInt(at + 8) == LibC.SOL_SOCKET
          && incomingControl.getInt(at + 12) == LibC.SCM_RIGHTS) {
        for (long each = CMSG_DATA; each + Integer.BYTES <= length; each += Integer.BYTES) {
          found.add(new Descriptor(incomingControl.getInt(at + each)));
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
