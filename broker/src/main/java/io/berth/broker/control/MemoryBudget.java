// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import java.util.HashMap;
import java.util.Map;

/**
 * Shared memory, sessions and segments, per uid and in total. Asked before anything is allocated:
 * an allocation beyond the memory limit of the broker's cgroup is not an error but a SIGKILL.
 *
 * <p>Control thread only.
 */
final class MemoryBudget {
  private static final class Use {
    long bytes;
    int sessions;
    int segments;
  }

  private final long limitBytes;
  private final long limitBytesPerUid;
  private final int limitSessions;
  private final int limitSessionsPerUid;
  private final SegmentLimits limitSegments;
  private final Map<Integer, Use> byUid = new HashMap<>();
  private final Use total = new Use();
  private long arenaBytes;

  MemoryBudget(
      long limitBytes,
      long limitBytesPerUid,
      int limitSessions,
      int limitSessionsPerUid,
      SegmentLimits limitSegments) {
    this.limitBytes = limitBytes;
    this.limitBytesPerUid = limitBytesPerUid;
    this.limitSessions = limitSessions;
    this.limitSessionsPerUid = limitSessionsPerUid;
    this.limitSegments = limitSegments;
  }

  /** Takes a session and its memory. Returns null, or which limit is in the way and its numbers. */
  String takeSession(int uid, long bytes) {
    Use use = byUid.computeIfAbsent(uid, key -> new Use());
    if (total.sessions >= limitSessions) {
      return "sessions " + total.sessions + " >= " + limitSessions;
    }
    if (use.sessions >= limitSessionsPerUid) {
      return "sessions of uid " + uid + ": " + use.sessions + " >= " + limitSessionsPerUid;
    }
    String refusal = takeBytes(uid, bytes);
    if (refusal == null) {
      use.sessions++;
      total.sessions++;
    }
    return refusal;
  }

  /** Takes memory. Returns null, or which limit is in the way and its numbers. */
  String takeBytes(int uid, long bytes) {
    Use use = byUid.computeIfAbsent(uid, key -> new Use());
    if (bytes > limitBytes - total.bytes) {
      return "shared memory " + total.bytes + " + " + bytes + " bytes > " + limitBytes;
    }
    if (bytes > limitBytesPerUid - use.bytes) {
      return "shared memory of uid "
          + uid
          + ": "
          + use.bytes
          + " + "
          + bytes
          + " bytes > "
          + limitBytesPerUid;
    }
    use.bytes += bytes;
    total.bytes += bytes;
    return null;
  }

  void returnSession(int uid, long bytes) {
    Use use = byUid.get(uid);
    use.sessions--;
    total.sessions--;
    returnBytes(uid, bytes);
    forgetIfIdle(uid);
  }

  private void forgetIfIdle(int uid) {
    Use use = byUid.get(uid);
    if (use.sessions == 0 && use.bytes == 0) {
      byUid.remove(uid);
    }
  }

  void returnBytes(int uid, long bytes) {
    byUid.get(uid).bytes -= bytes;
    total.bytes -= bytes;
  }

  /** Takes a segment and its memory: as {@link #takeBytes}, and within the limits of arenas. */
  String takeSegment(int uid, long bytes, long limitArenaBytes) {
    Use use = byUid.computeIfAbsent(uid, key -> new Use());
    if (total.segments >= limitSegments.total()) {
      return "segments " + total.segments + " >= " + limitSegments.total();
    }
    if (use.segments >= limitSegments.perUid()) {
      return "segments of uid " + uid + ": " + use.segments + " >= " + limitSegments.perUid();
    }
    if (bytes > limitArenaBytes - arenaBytes) {
      return "arenas " + arenaBytes + " + " + bytes + " bytes > " + limitArenaBytes;
    }
    String refusal = takeBytes(uid, bytes);
    if (refusal == null) {
      arenaBytes += bytes;
      use.segments++;
      total.segments++;
    }
    return refusal;
  }

  void returnSegment(int uid, long bytes) {
    arenaBytes -= bytes;
    byUid.get(uid).segments--;
    total.segments--;
    returnBytes(uid, bytes);
    forgetIfIdle(uid);
  }

  int sessions() {
    return total.sessions;
  }

  int segments() {
    return total.segments;
  }

  long bytes() {
    return total.bytes;
  }
}
