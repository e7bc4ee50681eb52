// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Unix sockets that keep message boundaries (SOCK_SEQPACKET) and carry descriptors.
 *
 * <p>Every socket made here is non-blocking and close-on-exec, and no call here ever blocks: wait
 * with {@link Epoll} or {@link Descriptors#poll}. Results are the value or the negated errno.
 */
public final class Sockets {
  /** What fits into {@code sockaddr_un.sun_path} with its terminating zero byte. */
  public static final int PATH_BYTES_MAX = 107;

  /** The most descriptors that one message can carry (SCM_MAX_FD). */
  public static final int DESCRIPTORS_MAX = 253;

  public static final int SHUT_RD = 0;
  public static final int SHUT_WR = 1;
  public static final int SHUT_RDWR = 2;

  private static final int FEW_GROUPS = 32;

  /**
   * Who is at the other end, as the kernel saw it at connect (for a listener's child: at that time
   * of the client). Ids are unsigned 32-bit numbers; {@code pid} may be reused after its death.
   */
  public record PeerCredentials(int uid, int gid, int pid) {}

  static {
    OsLibrary.load();
  }

  private Sockets() {}

  /**
   * Binds and listens. The file appears with exactly {@code mode}, whatever the umask, and must not
   * exist yet. Its folder must not be writable to people who are not trusted.
   *
   * @return the listening socket
   */
  public static int listen(Path path, int backlog, int mode) throws OsException {
    byte[] name = socketPath("bind", path);
    return OsException.check("bind(" + path + ")", listen0(name, backlog, mode));
  }

  private static native int listen0(byte[] path, int backlog, int mode);

  /**
   * Connects. A listener whose backlog is full gives EAGAIN: try again later.
   *
   * @return the connected socket
   */
  public static int connect(Path path) throws OsException {
    byte[] name = socketPath("connect", path);
    return OsException.check("connect(" + path + ")", connect0(name));
  }

  private static native int connect0(byte[] path);

  /** Accepts one connection; -EAGAIN if none waits. */
  public static native int accept(int fd);

  /** Two sockets connected to each other, in {@code both[0]} and {@code both[1]}. */
  public static native int pair(int[] both);

  /**
   * Sends one message.
   *
   * @param address where its bytes are; at least one byte, as an empty message reads like the end
   * @param descriptors sent along: the first {@code count}; null if count is 0. They stay open
   *     here.
   * @return the bytes sent, which are all; -EAGAIN if the peer's buffer is full, -EPIPE or
   *     -ECONNRESET if it has gone
   */
  public static native int send(int fd, long address, int bytes, int[] descriptors, int count);

  /**
   * Receives one message; see {@link #bytesOf} and {@link #descriptorsOf} for the result.
   *
   * @param descriptors receives what came along, close-on-exec and owned by the caller; null to
   *     take none
   * @return 0 at the end of the connection; -EAGAIN if nothing is there; -EPROTO if more
   *     descriptors came than fit (or than this process may still open), -EMSGSIZE if more bytes
   *     did: in both cases the message is lost and all of its descriptors are closed
   */
  public static native long receive(int fd, long address, int capacity, int[] descriptors);

  /** How many bytes a positive result of {@link #receive} stands for. */
  public static int bytesOf(long received) {
    return (int) received;
  }

  /** How many descriptors a positive result of {@link #receive} stands for. */
  public static int descriptorsOf(long received) {
    return (int) (received >>> 32);
  }

  /** SO_PEERCRED. */
  public static PeerCredentials peerCredentials(int fd) throws OsException {
    int[] values = new int[3];
    OsException.check("getsockopt(SO_PEERCRED, " + fd + ")", peerCredentials0(fd, values));
    return new PeerCredentials(values[0], values[1], values[2]);
  }

  private static native int peerCredentials0(int fd, int[] uidGidPid);

  /**
   * The peer's supplementary groups (SO_PEERGROUPS); empty where the kernel does not tell (before
   * 4.13), so that a rule about groups then denies.
   */
  public static int[] peerGroups(int fd) throws OsException {
    int[] groups = new int[FEW_GROUPS];
    for (; ; ) {
      int count = peerGroups0(fd, groups);
      if (count == -Errno.ENOPROTOOPT || count == -Errno.ENOSYS) {
        return new int[0];
      }
      OsException.check("getsockopt(SO_PEERGROUPS, " + fd + ")", count);
      if (count <= groups.length) {
        return Arrays.copyOf(groups, count);
      }
      groups = new int[count];
    }
  }

  private static native int peerGroups0(int fd, int[] groups);

  public static native int shutdown(int fd, int how);

  private static byte[] socketPath(String call, Path path) throws OsException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > PATH_BYTES_MAX) {
      throw new OsException(
          call + "(" + path + ")",
          Errno.ENAMETOOLONG,
          "a socket's path has "
              + name.length
              + " bytes, at most "
              + PATH_BYTES_MAX
              + " are possible; choose a shorter folder");
    }
    return name;
  }
}
