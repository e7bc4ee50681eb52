// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import io.berth.broker.control.ControlChannel;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage.SegmentMap;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.SegmentUnmap;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The segments that one device's worker has, or its next one will have. They survive the worker: a
 * successor is given all of them before it is given the first request.
 *
 * <p>Control thread only.
 */
public final class WorkerSegments {
  private record Key(long session, int index, int generation) {
    static Key of(Segment segment) {
      return new Key(segment.session(), segment.index(), segment.generation());
    }
  }

  private final Map<Key, Segment> segments = new LinkedHashMap<>();
  private final Map<Key, Consumer<Status>> mapping = new HashMap<>();
  private final Map<Key, Runnable> unmapping = new HashMap<>();
  private ControlChannel worker;
  private Runnable whenAllMapped;

  /** A worker attached: gives it everything, and says when it has mapped all. */
  public void attached(ControlChannel channel, Runnable allMapped) {
    worker = channel;
    for (Segment segment : segments.values()) {
      mapping.put(Key.of(segment), status -> {});
      send(segment);
    }
    whenAllMapped = allMapped;
    checkAllMapped();
  }

  private void checkAllMapped() {
    if (whenAllMapped != null && mapping.isEmpty()) {
      Runnable told = whenAllMapped;
      whenAllMapped = null;
      told.run();
    }
  }

  /** The worker is gone, and its mappings with it. */
  public void detached() {
    worker = null;
    whenAllMapped = null;
    List<Consumer<Status>> unanswered = new ArrayList<>(mapping.values());
    mapping.clear();
    // The next worker maps them before it serves.
    unanswered.forEach(told -> told.accept(Status.OK));
    List<Runnable> released = new ArrayList<>(unmapping.values());
    unmapping.clear();
    released.forEach(Runnable::run);
  }

  /** Gives a new segment to the worker, if there is one; {@code told} hears how that went. */
  public void add(Segment segment, Consumer<Status> told) {
    Key key = Key.of(segment);
    segments.put(key, segment);
    if (worker == null) {
      told.accept(Status.OK);
      return;
    }
    mapping.put(key, told);
    send(segment);
  }

  private void send(Segment segment) {
    try {
      int descriptor = segment.workersDescriptor();
      boolean sent =
          worker.send(
              0,
              new SegmentMap(
                  segment.session(),
                  segment.index(),
                  segment.generation(),
                  segment.direction(),
                  segment.bytes()),
              descriptor);
      Descriptors.close(descriptor);
      if (!sent) {
        answer(Key.of(segment), Status.UNAVAILABLE);
      }
    } catch (OsException e) {
      answer(Key.of(segment), Status.RESOURCE_EXHAUSTED);
    }
  }

  /** Takes a segment back; {@code released} runs when no worker has it mapped. */
  public void remove(Segment segment, Runnable released) {
    Key key = Key.of(segment);
    segments.remove(key);
    if (worker == null) {
      released.run();
      return;
    }
    unmapping.put(key, released);
    worker.send(0, new SegmentUnmap(segment.session(), segment.index(), segment.generation()));
  }

  public void mapped(SegmentMapped message) {
    answer(new Key(message.session(), message.segment(), message.generation()), message.status());
  }

  private void answer(Key key, Status status) {
    Consumer<Status> told = mapping.remove(key);
    if (told != null) {
      told.accept(status);
      checkAllMapped();
    }
  }

  public void released(SegmentReleased message) {
    Runnable released =
        unmapping.remove(new Key(message.session(), message.segment(), message.generation()));
    if (released != null) {
      released.run();
    }
  }
}
