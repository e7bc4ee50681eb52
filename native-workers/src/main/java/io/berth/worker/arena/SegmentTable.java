// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.arena;

import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.worker.driver.RequestException;
import io.berth.worker.link.Mapping;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;

/** The segments of one link. The thread that reads the ring only. */
public final class SegmentTable {
  /** What SEGMENT_MAP calls the two directions. */
  public static final int INPUT = 1;

  public static final int OUTPUT = 2;

  private final Long2ObjectHashMap<Int2ObjectHashMap<Segment>> sessions =
      new Long2ObjectHashMap<>();
  private final List<Segment> dropped = new ArrayList<>();

  /** Maps a segment. The descriptor stays the caller's. */
  public void map(long session, int number, int generation, int direction, long bytes, int fd)
      throws OsException {
    if (direction != INPUT && direction != OUTPUT) {
      throw new IllegalArgumentException("segment " + number + ": direction " + direction);
    }
    boolean writable = direction == OUTPUT;
    Mapping mapping = Mapping.of("segment " + number, fd, bytes, writable);
    Segment before =
        sessions
            .computeIfAbsent(session, added -> new Int2ObjectHashMap<>())
            .put(number, new Segment(session, number, generation, writable, bytes, mapping));
    if (before != null) {
      dropped.add(before);
    }
  }

  /**
   * Takes a segment out of use; {@link #release} gives it back when nobody uses it any more.
   *
   * @return false if there is no such segment: it could not be mapped, or never came
   */
  public boolean unmap(long session, int number, int generation) {
    Int2ObjectHashMap<Segment> ofSession = sessions.get(session);
    Segment segment = ofSession == null ? null : ofSession.get(number);
    if (segment == null || segment.generation() != generation) {
      return false;
    }
    ofSession.remove(number);
    if (ofSession.isEmpty()) {
      sessions.remove(session);
    }
    dropped.add(segment);
    return true;
  }

  /** Unmaps what was taken out of use and is not pinned. */
  public void release(Consumer<Segment> released) {
    for (int i = dropped.size() - 1; i >= 0; i--) {
      Segment segment = dropped.get(i);
      if (!segment.isPinned()) {
        dropped.remove(i);
        segment.unmap();
        released.accept(segment);
      }
    }
  }

  public boolean hasDropped() {
    return !dropped.isEmpty();
  }

  /**
   * Looks a reference up and pins its segment.
   *
   * @throws RequestException if there is no such block
   */
  public Segment pin(
      long session, int number, int generation, long offset, long length, boolean output)
      throws RequestException {
    Int2ObjectHashMap<Segment> ofSession = sessions.get(session);
    Segment segment = ofSession == null ? null : ofSession.get(number);
    if (segment == null
        || segment.generation() != generation
        || segment.isWritable() != output
        || !segment.holds(offset, length)) {
      throw new RequestException(
          Reason.STALE_REFERENCE.usualStatus(),
          Reason.STALE_REFERENCE,
          (output ? "output" : "input")
              + " segment "
              + Integer.toUnsignedString(number)
              + " generation "
              + Integer.toUnsignedString(generation)
              + " offset "
              + Long.toUnsignedString(offset)
              + " length "
              + Long.toUnsignedString(length)
              + (segment == null ? ": no such segment" : ": not within this segment"));
    }
    segment.pin();
    return segment;
  }

  /** Unmaps everything; nothing is pinned any more. */
  public void close() {
    sessions.values().forEach(ofSession -> ofSession.values().forEach(Segment::unmap));
    sessions.clear();
    dropped.forEach(Segment::unmap);
    dropped.clear();
  }
}
