// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import io.berth.broker.control.ControlChannel;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.SegmentMap;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.SegmentUnmap;
import io.berth.shm.status.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments that one device's worker has, or its next one will have. They survive the worker: a
 * successor is given all of them before it is given the first request.
 *
 * <p>A socket holds some hundreds of messages, a successor may be given thousands: what finds no
 * room waits for the worker's next answer, which shows that it has read.
 *
 * <p>Control thread only.
 */
public final class WorkerSegments implements SegmentHolders {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerSegments.class);

  private record Key(long session, int index, int generation) {
    static Key of(Segment segment) {
      return new Key(segment.session(), segment.index(), segment.generation());
    }
  }

  /** A SEGMENT_MAP, or with no segment a SEGMENT_UNMAP, that is not in the socket yet. */
  private record Unsent(Key key, Segment segment) {}

  private final Map<Key, Segment> segments = new LinkedHashMap<>();
  private final Map<Key, Consumer<Status>> mapping = new HashMap<>();
  private final Map<Key, Runnable> unmapping = new HashMap<>();
  private final ArrayDeque<Unsent> outbox = new ArrayDeque<>();

  private final String device;
  private int unanswered;
  private ControlChannel worker;
  private Runnable whenAllMapped;
  private boolean hasWarned;

  /**
   * Begins without a worker.
   *
   * @param device its name, for the log
   */
  public WorkerSegments(String device) {
    this.device = device;
  }

  /** A worker attached: gives it everything, and says when it has mapped all. */
  public void attached(ControlChannel channel, Runnable allMapped) {
    worker = channel;
    hasWarned = false;
    for (Segment segment : segments.values()) {
      Key key = Key.of(segment);
      mapping.put(key, status -> {});
      outbox.add(new Unsent(key, segment));
    }
    whenAllMapped = allMapped;
    sendWhatHasRoom();
    checkAllMapped();
  }

  private void checkAllMapped() {
    if (whenAllMapped != null && mapping.isEmpty()) {
      Runnable told = whenAllMapped;
      whenAllMapped = null;
      told.run();
    }
  }

  /**
   * The worker is not to serve any more, although it may not be gone yet: whatever it, or the want
   * of it, answers from now on, it is not attached, for the memory of its link is about to go.
   */
  public void fenced() {
    whenAllMapped = null;
  }

  /** The worker is gone, and its mappings with it. */
  public void detached() {
    worker = null;
    whenAllMapped = null;
    outbox.clear();
    unanswered = 0;
    List<Consumer<Status>> waiting = new ArrayList<>(mapping.values());
    mapping.clear();
    // The next worker maps them before it serves.
    waiting.forEach(told -> told.accept(Status.OK));
    List<Runnable> released = new ArrayList<>(unmapping.values());
    unmapping.clear();
    released.forEach(Runnable::run);
  }

  @Override
  public void add(Segment segment, Consumer<Status> told) {
    Key key = Key.of(segment);
    segments.put(key, segment);
    if (worker == null) {
      told.accept(Status.OK);
      return;
    }
    mapping.put(key, told);
    outbox.add(new Unsent(key, segment));
    sendWhatHasRoom();
  }

  private void sendWhatHasRoom() {
    while (worker != null && !outbox.isEmpty()) {
      Unsent next = outbox.peek();
      Status failure = send(next);
      if (failure == Status.UNAVAILABLE && unanswered > 0) {
        return; // An answer will come, and bring us here again; or the worker's end will.
      }
      outbox.poll();
      if (failure == Status.OK) {
        unanswered++;
      } else if (next.segment() != null) {
        answer(next.key(), failure);
      }
    }
  }

  private Status send(Unsent message) {
    Key key = message.key();
    if (message.segment() == null) {
      return sent(new SegmentUnmap(key.session(), key.index(), key.generation()));
    }
    try {
      Segment segment = message.segment();
      int descriptor = segment.workersDescriptor();
      Status status =
          sent(
              new SegmentMap(
                  key.session(),
                  key.index(),
                  key.generation(),
                  segment.direction(),
                  segment.bytes()),
              descriptor);
      Descriptors.close(descriptor);
      return status;
    } catch (OsException e) {
      if (!hasWarned) { // Once per worker: clients could have it said without end.
        hasWarned = true;
        LOG.warn("device {}: a segment is kept from its worker: {}", device, e.getMessage());
      }
      return Status.RESOURCE_EXHAUSTED;
    }
  }

  private Status sent(ControlMessage message, int... descriptors) {
    return worker.send(0, message, descriptors) ? Status.OK : Status.UNAVAILABLE;
  }

  @Override
  public void remove(Segment segment, Runnable released) {
    Key key = Key.of(segment);
    segments.remove(key);
    if (worker == null) {
      released.run();
      return;
    }
    unmapping.put(key, released);
    outbox.add(new Unsent(key, null));
    sendWhatHasRoom();
  }

  public void mapped(SegmentMapped message) {
    answer(new Key(message.session(), message.segment(), message.generation()), message.status());
    answered();
  }

  private void answered() {
    unanswered = Math.max(0, unanswered - 1); // A worker may say more than it was asked.
    sendWhatHasRoom();
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
    answered();
  }
}
