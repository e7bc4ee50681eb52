// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.nio.file.Path;
import java.util.BitSet;

/** The processors that this thread may run on, and the clock that all of them share. */
public final class Processors {
  private static final int WORDS_AT_FIRST = 16;
  private static final int WORDS_MAX = 1 << 14;

  static {
    OsLibrary.load();
  }

  private Processors() {}

  /** The kernel's number of the calling thread. */
  public static native int threadId();

  /**
   * CLOCK_MONOTONIC. HotSpot's {@link System#nanoTime} reads the same clock on Linux, so that its
   * values can be compared with those of C peers; this one is what such code must rely on.
   */
  public static native long monotonicNanos();

  /** The numbers of the processors that the calling thread may run on, ascending. */
  public static int[] affinity() throws OsException {
    long[] mask = new long[WORDS_AT_FIRST];
    int filled = affinityMask(mask);
    // EINVAL: the kernel knows of more processors than fit.
    while (filled == -Errno.EINVAL && mask.length < WORDS_MAX) {
      mask = new long[mask.length * 2];
      filled = affinityMask(mask);
    }
    OsException.check("sched_getaffinity", filled);
    return BitSet.valueOf(mask).stream().toArray();
  }

  /**
   * How many processors this process can really keep busy: the smaller one of its affinity and its
   * cgroup's quota (rounded up), at least 1.
   */
  public static int usable() throws OsException {
    double quota = CpuQuota.read(Path.of("/proc/self/cgroup"), Path.of("/sys/fs/cgroup"));
    return usable(affinity().length, quota);
  }

  static int usable(int allowed, double quotaProcessors) {
    return (int) Math.max(1, Math.min(allowed, Math.ceil(quotaProcessors)));
  }

  private static native int affinityMask(long[] mask);
}
