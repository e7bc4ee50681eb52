// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Collections;

/**
 * Direct JNA bindings: addresses and sizes are {@code long}, so only 64-bit Linux will do.
 *
 * <p>A call that returns -1 leaves its number in {@link Native#getLastError()}, which costs nothing
 * until it is asked for; a {@code LastErrorException} would cost an allocation for each EAGAIN.
 *
 * <p>None of these is variadic except {@code fcntl}, bound here only for commands without a third
 * argument: so the call is the same on x86-64, AArch64 and LoongArch, whatever they do with
 * variadic ones.
 */
public final class LibC {
  static final int AF_UNIX = 1;
  static final int SOCK_SEQPACKET = 5;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SO_SNDTIMEO = 21;
  static final int SCM_RIGHTS = 1;
  static final int MSG_CTRUNC = 8;
  static final int MSG_TRUNC = 0x20;
  static final int MSG_NOSIGNAL = 0x4000;
  static final int MSG_CMSG_CLOEXEC = 0x40000000;
  static final int SHUT_RDWR = 2;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final int SEEK_END = 2;
  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;
  static final int MAP_SHARED = 1;
  static final int MAP_POPULATE = 0x8000;
  static final int MADV_DONTFORK = 10;
  static final int MADV_DONTDUMP = 16;
  static final int F_GET_SEALS = 1034;
  static final int F_SEAL_SHRINK = 2;
  static final int POLLIN = 1;
  static final int POLLERR = 8;
  static final int POLLHUP = 16;
  static final int POLLNVAL = 32;

  static final int EINTR = 4;
  static final int EBADF = 9;
  static final int EAGAIN = 11;

  static {
    if (Native.POINTER_SIZE != 8) {
      throw new UnsatisfiedLinkError(
          "Berth needs a 64-bit JVM; this one has pointers of " + Native.POINTER_SIZE + " bytes");
    }
    // The process itself: its C library is loaded already, whatever that file is called here.
    Native.register(
        LibC.class,
        NativeLibrary.getInstance(
            null,
            Collections.singletonMap(Library.OPTION_CLASSLOADER, LibC.class.getClassLoader())));
  }

  private LibC() {}

  static native int socket(int domain, int type, int protocol);

  static native int connect(int fd, long address, int addressBytes);

  static native long sendmsg(int fd, long msghdr, int flags);

  static native long recvmsg(int fd, long msghdr, int flags);

  static native int setsockopt(int fd, int level, int option, long value, int valueBytes);

  static native int shutdown(int fd, int how);

  static native long mmap(long address, long bytes, int protection, int flags, int fd, long offset);

  static native int munmap(long address, long bytes);

  static native int madvise(long address, long bytes, int advice);

  static native int ppoll(long pollfds, long count, long timespec, long signalMask);

  static native long read(int fd, long buffer, long bytes);

  static native long write(int fd, long buffer, long bytes);

  static native int close(int fd);

  static native int pipe2(long twoInts, int flags);

  static native long lseek(int fd, long offset, int whence);

  static native int fcntl(int fd, int command);

  static native int getpid();

  static native long strerror(int number);

  /**
   * The text of the last failed call of this thread, such as {@code "Connection refused (errno
   * 111)"}.
   */
  static String lastErrorText() {
    int number = Native.getLastError();
    String text = new com.sun.jna.Pointer(strerror(number)).getString(0);
    return text + " (errno " + number + ")";
  }

  static int lastError() {
    return Native.getLastError();
  }

  /** This process's number, for names in messages. */
  public static int processId() {
    return getpid();
  }
}
