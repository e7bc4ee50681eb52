// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

/**
 * Which optional facilities this kernel offers to this process, found by using each once: vendors
 * backport, and sandboxes forbid, whatever the version number says.
 */
public enum Facilities {
  /** Names a process without the risk that its number is another's by now; 5.3. */
  PIDFD("pidfd_open"),
  /** Waits with nanoseconds instead of milliseconds; 5.11. */
  EPOLL_PWAIT2("epoll_pwait2"),
  /** Asynchronous system calls; 5.1. Not used by Berth. */
  IO_URING("io_uring_setup"),
  /** Waits for several words of memory; 5.16. Not used by Berth. */
  FUTEX_WAITV("futex_waitv"),
  /** Tells the supplementary groups of a peer; 4.13. */
  PEER_GROUPS("SO_PEERGROUPS");

  static {
    OsLibrary.load();
  }

  private final String call;

  Facilities(String call) {
    this.call = call;
  }

  /** The system call or option. */
  public String call() {
    return call;
  }

  /** Uses it. Returns 0, or the negated errno: ENOSYS, EPERM (a sandbox), ENOPROTOOPT, ... */
  public int probe() {
    return switch (this) {
      case PIDFD -> pidfdOpen0();
      case EPOLL_PWAIT2 -> epollWaitNanos0();
      case IO_URING -> ioUringSetup0();
      case FUTEX_WAITV -> futexWaitv0();
      case PEER_GROUPS -> peerGroups0();
    };
  }

  private static native int pidfdOpen0();

  private static native int epollWaitNanos0();

  private static native int ioUringSetup0();

  private static native int futexWaitv0();

  private static native int peerGroups0();
}
