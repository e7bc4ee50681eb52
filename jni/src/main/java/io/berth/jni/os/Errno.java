// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.util.Map;

/**
 * Error numbers of Linux's generic numbering, which x86-64, aarch64, loongarch64 and riscv64 share,
 * with their names and English texts. The C library's texts are not used: they follow the locale.
 */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int EINVAL = 22;
  public static final int ENFILE = 23;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int EPIPE = 32;
  public static final int ERANGE = 34;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int EPROTO = 71;
  public static final int ENOTSOCK = 88;
  public static final int EMSGSIZE = 90;
  public static final int ENOPROTOOPT = 92;
  public static final int EADDRINUSE = 98;
  public static final int ECONNRESET = 104;
  public static final int ENOTCONN = 107;
  public static final int ETIMEDOUT = 110;
  public static final int ECONNREFUSED = 111;

  private record Entry(String name, String text) {}

  private static final Map<Integer, Entry> ENTRIES =
      Map.ofEntries(
          entry(EPERM, "EPERM", "operation not permitted"),
          entry(ENOENT, "ENOENT", "no such file or directory"),
          entry(ESRCH, "ESRCH", "no such process"),
          entry(EINTR, "EINTR", "interrupted by a signal"),
          entry(EIO, "EIO", "input/output error"),
          entry(6, "ENXIO", "no such device or address"),
          entry(7, "E2BIG", "argument list too long"),
          entry(EBADF, "EBADF", "not an open file descriptor, or not open for this"),
          entry(EAGAIN, "EAGAIN", "would block, or a limit is reached for now"),
          entry(ENOMEM, "ENOMEM", "not enough memory"),
          entry(EACCES, "EACCES", "permission denied"),
          entry(14, "EFAULT", "bad address"),
          entry(EBUSY, "EBUSY", "device or resource busy"),
          entry(EEXIST, "EEXIST", "exists already"),
          entry(19, "ENODEV", "no such device"),
          entry(20, "ENOTDIR", "not a directory"),
          entry(21, "EISDIR", "is a directory"),
          entry(EINVAL, "EINVAL", "invalid argument"),
          entry(ENFILE, "ENFILE", "too many open files in the system"),
          entry(EMFILE, "EMFILE", "too many open files in this process"),
          entry(26, "ETXTBSY", "text file busy"),
          entry(27, "EFBIG", "file too large"),
          entry(ENOSPC, "ENOSPC", "no space left"),
          entry(29, "ESPIPE", "cannot seek here"),
          entry(30, "EROFS", "read-only file system"),
          entry(EPIPE, "EPIPE", "the other end is closed"),
          entry(ERANGE, "ERANGE", "result does not fit"),
          entry(ENAMETOOLONG, "ENAMETOOLONG", "name too long"),
          entry(ENOSYS, "ENOSYS", "not offered by this kernel"),
          entry(40, "ELOOP", "too many symbolic links"),
          entry(EPROTO, "EPROTO", "protocol error"),
          entry(75, "EOVERFLOW", "value too large"),
          entry(ENOTSOCK, "ENOTSOCK", "not a socket"),
          entry(EMSGSIZE, "EMSGSIZE", "message too long"),
          entry(91, "EPROTOTYPE", "socket of another type"),
          entry(ENOPROTOOPT, "ENOPROTOOPT", "socket option not offered by this kernel"),
          entry(95, "EOPNOTSUPP", "operation not supported"),
          entry(97, "EAFNOSUPPORT", "address family not supported"),
          entry(EADDRINUSE, "EADDRINUSE", "address in use"),
          entry(99, "EADDRNOTAVAIL", "address not available"),
          entry(ECONNRESET, "ECONNRESET", "connection reset by the peer"),
          entry(105, "ENOBUFS", "no buffer space"),
          entry(106, "EISCONN", "connected already"),
          entry(ENOTCONN, "ENOTCONN", "not connected"),
          entry(109, "ETOOMANYREFS", "too many descriptors in flight"),
          entry(ETIMEDOUT, "ETIMEDOUT", "timed out"),
          entry(ECONNREFUSED, "ECONNREFUSED", "connection refused: nobody listens"));

  private Errno() {}

  private static Map.Entry<Integer, Entry> entry(int number, String name, String text) {
    return Map.entry(number, new Entry(name, text));
  }

  /** The symbolic name, for example {@code EPERM}. */
  public static String name(int errno) {
    Entry entry = ENTRIES.get(errno);
    return entry == null ? "errno " + errno : entry.name();
  }

  /** The meaning in English. */
  public static String text(int errno) {
    Entry entry = ENTRIES.get(errno);
    return entry == null ? "see errno(3)" : entry.text();
  }
}
