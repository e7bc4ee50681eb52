// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.nio.charset.StandardCharsets;

/** Attributes of this process, and signals. Results are the value or the negated errno. */
public final class ProcessControl {
  public static final int SIGHUP = 1;
  public static final int SIGKILL = 9;
  public static final int SIGTERM = 15;
  public static final int SIGCONT = 18;
  public static final int SIGSTOP = 19;

  public static final int RLIMIT_CORE = 4;
  public static final int RLIMIT_NOFILE = 7;

  /** No limit, as a value of {@link Limit}. */
  public static final long RLIM_INFINITY = -1;

  /** A resource limit; the values are unsigned. */
  public record Limit(long soft, long hard) {}

  static {
    OsLibrary.load();
  }

  private ProcessControl() {}

  /** Names the calling thread as ps and top show it: the first 15 bytes. */
  public static int setThreadName(String name) {
    return setThreadName0(name.getBytes(StandardCharsets.UTF_8));
  }

  private static native int setThreadName0(byte[] name);

  /**
   * Without it there is no core dump, and other processes of the same uid can neither attach a
   * debugger nor read /proc/PID/mem and fd. The process's /proc files then belong to root, which
   * hinders reading /proc/self/fd/N of an unprivileged process too: reopen descriptors before.
   */
  public static native int setDumpable(boolean dumpable);

  /** 1, 0, or 2 (readable by root only). */
  public static native int dumpable();

  public static native int kill(int pid, int signal);

  public static Limit limit(int resource) throws OsException {
    long[] pair = new long[2];
    OsException.check("getrlimit(" + resource + ")", limit0(resource, pair));
    return new Limit(pair[0], pair[1]);
  }

  private static native int limit0(int resource, long[] softAndHard);

  public static native int setLimit(int resource, long soft, long hard);

  /** Forbids core dumps to this process and its children, for good unless it is privileged. */
  public static int disableCoreDumps() {
    return setLimit(RLIMIT_CORE, 0, 0);
  }

  /**
   * What the calling thread has used.
   *
   * @param nanosAndWaits takes the processor time in nanoseconds, and how often the thread has
   *     given its processor away because it had to wait (a yield is none of these: it could have
   *     gone on)
   */
  public static native int threadUse(long[] nanosAndWaits);

  public static native int uid();

  public static native int effectiveUid();

  public static native int gid();

  public static native int effectiveGid();

  /** Sets the mask for the whole process and returns the one before. */
  public static native int umask(int mode);
}
