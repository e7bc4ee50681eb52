// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

/** Bounds on shared memory for large data. */
public record ArenaConfig(long maxSegmentBytes, long maxBytesPerSession, long maxBytesTotal) {
  private static final int MAX_MB = 1 << 20;

  static ArenaConfig read(Section s, long memoryLimitMb) {
    long totalMb = s.number("max_mb_total", Math.min(768, memoryLimitMb), 1, MAX_MB);
    long sessionMb = s.number("max_mb_per_session", Math.min(256, totalMb), 1, MAX_MB);
    long segmentMb = s.number("max_segment_mb", Math.min(128, sessionMb), 1, MAX_MB);
    ArenaConfig arena =
        new ArenaConfig(segmentMb * Units.MIB, sessionMb * Units.MIB, totalMb * Units.MIB);
    s.end();
    if (arena.maxSegmentBytes > arena.maxBytesPerSession) {
      s.error(
          s.place("max_segment_mb"),
          s.path("max_segment_mb")
              + " is more than max_mb_per_session; lower it or raise the other");
    }
    if (arena.maxBytesPerSession > arena.maxBytesTotal) {
      s.error(
          s.place("max_mb_per_session"),
          s.path("max_mb_per_session") + " is more than max_mb_total; lower it or raise the other");
    }
    return arena;
  }
}
