// SPDX-License-Identifier: Apache-2.0
package io.berth.client.peer;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** System calls of the broker's side, for tests; independent of the client's own bindings. */
final class PeerLibC {
  static {
    Native.register(PeerLibC.class, NativeLibrary.getProcess());
  }

  private PeerLibC() {}

  static native int socket(int domain, int type, int protocol);

  static native int bind(int fd, long address, int bytes);

  static native int listen(int fd, int backlog);

  static native int accept4(int fd, long address, long length, int flags);

  static native long sendmsg(int fd, long header, int flags);

  static native long recv(int fd, long buffer, long bytes, int flags);

  static native int memfd_create(String name, int flags);

  static native int ftruncate(int fd, long bytes);

  static native int fcntl(int fd, int command, int argument);

  static native long mmap(long address, long bytes, int protection, int flags, int fd, long offset);

  static native int munmap(long address, long bytes);

  static native int open(String path, int flags);

  static native int pipe2(long ends, int flags);

  static native int ppoll(long fds, long count, long timespec, long mask);

  static native long read(int fd, long buffer, long bytes);

  static native long write(int fd, long buffer, long bytes);

  static native int close(int fd);

  static native int shutdown(int fd, int how);

  static int checked(int result, String what) {
    if (result < 0) {
      throw new IllegalStateException(what + ": errno " + Native.getLastError());
    }
    return result;
  }

  static int listening(String path) {
    int fd = checked(socket(1, 5 | 0x80000, 0), "socket");
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    Memory address = new Memory(110);
    address.clear();
    address.setShort(0, (short) 1);
    address.write(2, name, 0, name.length);
    checked(bind(fd, Pointer.nativeValue(address), 3 + name.length), "bind " + path);
    address.getByte(0); // reachable until here
    checked(listen(fd, 64), "listen");
    return fd;
  }

  /** A memfd of that size, sealed unless a test wants otherwise. */
  static int memory(long bytes, boolean sealed) {
    int fd = checked(memfd_create("peer", 3), "memfd_create");
    checked(ftruncate(fd, bytes), "ftruncate");
    if (sealed) {
      checked(fcntl(fd, 1033, 1 | 2 | 4), "seal");
    }
    return fd;
  }

  static ByteBuffer map(int fd, long bytes) {
    long address = mmap(0, bytes, 3, 1, fd, 0);
    if (address == -1) {
      throw new IllegalStateException("mmap: errno " + Native.getLastError());
    }
    return new Pointer(address).getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static void unmap(ByteBuffer memory) {
    munmap(Pointer.nativeValue(Native.getDirectBufferPointer(memory)), memory.capacity());
  }

  static boolean send(int fd, ByteBuffer message, int... descriptors) {
    Memory data = new Memory(Math.max(1, message.remaining()));
    int length = message.remaining();
    data.getByteBuffer(0, length).put(message);
    Memory header = new Memory(56 + 16 + 16 + 8L * descriptors.length + 8);
    header.clear();
    long at = Pointer.nativeValue(header);
    header.setLong(56, Pointer.nativeValue(data));
    header.setLong(64, length);
    header.setLong(16, at + 56);
    header.setLong(24, 1);
    if (descriptors.length > 0) {
      long bytes = 16 + 4L * descriptors.length;
      header.setLong(32, at + 72);
      header.setLong(40, (bytes + 7) & ~7L);
      header.setLong(72, bytes);
      header.setInt(80, 1);
      header.setInt(84, 1);
      for (int i = 0; i < descriptors.length; i++) {
        header.setInt(88 + 4L * i, descriptors[i]);
      }
    }
    boolean sent = sendmsg(fd, at, 0x4000) == length;
    header.getByte(0); // reachable until here
    data.getByte(0); // reachable until here
    return sent;
  }

  /** Waits for one of two descriptors. */
  static void await(int first, int second, long nanos) {
    Memory memory = new Memory(32);
    memory.clear();
    memory.setInt(0, first);
    memory.setShort(4, (short) 1);
    memory.setInt(8, second);
    memory.setShort(12, (short) 1);
    memory.setLong(16, nanos / 1_000_000_000L);
    memory.setLong(24, nanos % 1_000_000_000L);
    ppoll(Pointer.nativeValue(memory), second < 0 ? 1 : 2, Pointer.nativeValue(memory) + 16, 0);
    memory.getByte(0); // reachable until here
  }
}
