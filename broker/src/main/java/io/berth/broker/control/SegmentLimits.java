// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.OsException;
import io.berth.jni.os.ProcessControl;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many segments there may be, whatever their size: each takes a descriptor of the broker, of
 * which the kernel gives it so many, and a mapping of a worker, which has 65 530 by default
 * (vm.max_map_count).
 *
 * @param total at once
 * @param perUid at most a quarter of them, so that others find some left
 */
public record SegmentLimits(int total, int perUid) {
  /** What an installation may have if its descriptors suffice. */
  public static final int MAX_TOTAL = 16_384;

  /** 16 sessions with as many as a session can have: an application needs a few. */
  public static final int MAX_PER_UID = 1_024;

  private static final Logger LOG = LoggerFactory.getLogger(SegmentLimits.class);
  private static final int DESCRIPTORS_PER_SESSION = 5;
  private static final int DESCRIPTORS_BESIDE = 512;
  private static final int SHARES = 4;

  /** Of so many descriptors, which sessions are given first. */
  public static SegmentLimits of(long unsignedDescriptors, int maxSessions) {
    long left = unsignedDescriptors - descriptorsWithout(maxSessions);
    boolean plenty = Long.compareUnsigned(unsignedDescriptors, Integer.MAX_VALUE) > 0;
    int total = plenty ? MAX_TOTAL : (int) Math.max(SHARES, Math.min(left, MAX_TOTAL));
    return new SegmentLimits(total, Math.min(MAX_PER_UID, total / SHARES));
  }

  /** Descriptors that the broker needs with so many sessions that have no segments. */
  public static long descriptorsWithout(int sessions) {
    return (long) sessions * DESCRIPTORS_PER_SESSION + DESCRIPTORS_BESIDE;
  }

  /** As this process may have descriptors now. */
  static SegmentLimits ofThisProcess(int maxSessions) {
    try {
      // The JVM has raised its soft limit to the hard one.
      return of(ProcessControl.limit(ProcessControl.RLIMIT_NOFILE).soft(), maxSessions);
    } catch (OsException e) {
      LOG.warn("{}: few segments are allowed", e.getMessage());
      return of(0, maxSessions);
    }
  }
}
