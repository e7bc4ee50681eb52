// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.arena.PageWork;
import io.berth.broker.arena.Segment;
import io.berth.broker.arena.SegmentTable;
import io.berth.broker.config.ArenaConfig;
import io.berth.broker.control.SessionSegment.State;
import io.berth.broker.device.Device;
import io.berth.broker.session.Session;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage.SegmentWipe;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments of one session: makes them within the budgets, and gives their memory back when
 * neither the client, nor a request, nor a worker uses them.
 *
 * <p>What its client has given back is taken from under it, for it could keep a mapping and the
 * broker would be charged with pages that it no longer counts. What a client has not given back
 * when its session ends may be the only copy of an application's data, which follows it to the next
 * session: that counts until nobody holds it.
 *
 * <p>Control thread only.
 */
final class SessionSegments {
  private static final Logger LOG = LoggerFactory.getLogger(SessionSegments.class);

  /** How an ask for a segment ends. */
  interface Answer {
    /** False: the client could not be told, and the segment goes. */
    boolean added(Segment segment);

    void refused(Reason reason, String text);
  }

  /** How an ask to wipe ends. */
  interface Wiping {
    void done();

    void refused(Reason reason, String text);
  }

  /** Each is remembered here until its turn comes. */
  static final int MAX_WIPES = 64;

  private final ClientDoor door;
  private final Session session;
  private final int uid;
  private final SessionSegment[] held = new SessionSegment[SegmentTable.CAPACITY];
  private final int[] generations = new int[SegmentTable.CAPACITY];
  private long bytes;
  private int wipes;

  SessionSegments(ClientDoor door, Session session, int uid) {
    this.door = door;
    this.session = session;
    this.uid = uid;
  }

  void add(Device device, int direction, long untrustedBytes, Answer answer) {
    ArenaConfig limits = door.config().broker().arena();
    if (direction != Segment.INPUT && direction != Segment.OUTPUT) {
      answer.refused(Reason.MALFORMED_FRAME, "direction " + direction + ", expected 1 or 2");
      return;
    }
    if (untrustedBytes <= 0 || untrustedBytes > limits.maxSegmentBytes()) {
      answer.refused(
          Reason.BUDGET_EXCEEDED,
          "segment of " + untrustedBytes + " bytes, expected 1.." + limits.maxSegmentBytes());
      return;
    }
    long size = Memory.roundUpToPages(untrustedBytes);
    int index = freeIndex();
    String overBudget =
        index < 0
            ? "segments of this session " + held.length + " >= " + held.length
            : takeBytes(limits, size);
    if (overBudget != null) {
      answer.refused(Reason.BUDGET_EXCEEDED, overBudget);
      return;
    }
    generations[index]++;
    try {
      Segment segment = Segment.begin(session.id(), index, generations[index], direction, size);
      SessionSegment added = new SessionSegment(segment, device);
      held[index] = added;
      door.pages().add(uid, () -> makeMore(added, answer));
    } catch (OsException e) {
      returnBytes(size);
      noMemory(answer, e);
    }
  }

  private static void noMemory(Answer answer, OsException e) {
    answer.refused(Reason.BUDGET_EXCEEDED, "the host has no memory left: " + e.getMessage());
  }

  private int freeIndex() {
    for (int index = 0; index < held.length; index++) {
      if (held[index] == null) {
        return index;
      }
    }
    return -1;
  }

  private String takeBytes(ArenaConfig limits, long size) {
    if (size > limits.maxBytesPerSession() - bytes) {
      return "arena of this session: "
          + bytes
          + " + "
          + size
          + " bytes > "
          + limits.maxBytesPerSession();
    }
    String overBudget = door.budget().takeSegment(uid, size, limits.maxBytesTotal());
    if (overBudget == null) {
      bytes += size;
    }
    return overBudget;
  }

  private void returnBytes(long size) {
    bytes -= size;
    door.budget().returnSegment(uid, size);
  }

  /** Allocates the next piece. True: there is nothing more to allocate. */
  private boolean makeMore(SessionSegment added, Answer answer) {
    Segment segment = added.segment();
    if (!added.is(State.DROPPED)) {
      try {
        if (!segment.allocateMore(PageWork.PIECE_BYTES)) {
          return false;
        }
        added.moveTo(State.MAPPING);
        door.segments(added.device()).add(segment, status -> mapped(added, status, answer));
        return true;
      } catch (OsException e) {
        added.moveTo(State.DROPPED);
        noMemory(answer, e);
      }
    }
    // Nobody else has it.
    held[segment.index()] = null;
    segment.close();
    returnBytes(segment.bytes());
    return true;
  }

  private void mapped(SessionSegment added, Status status, Answer answer) {
    if (!added.is(State.MAPPING)) {
      return; // The session ended meanwhile.
    }
    if (status != Status.OK) {
      added.moveTo(State.DROPPED);
      release(added, true);
      answer.refused(Reason.WORKER_UNAVAILABLE, "the worker could not map the segment: " + status);
      return;
    }
    added.moveTo(State.ADDING);
    Segment segment = added.segment();
    door.data()
        .execute(
            () -> {
              session
                  .segments()
                  .add(
                      segment.index(),
                      segment.generation(),
                      segment.direction(),
                      segment.bytes(),
                      added.device());
              door.loop().execute(() -> announce(added, answer));
            });
  }

  private void announce(SessionSegment added, Answer answer) {
    if (!added.is(State.ADDING)) {
      return; // The session ended meanwhile; the descriptor's number may be somebody else's.
    }
    added.moveTo(State.ANNOUNCED);
    if (!answer.added(added.segment())) {
      drop(added, true);
    }
  }

  /** Drops a segment on its client's word; one that it has not been told of is none. */
  void drop(int index, int generation) {
    SessionSegment named = index < 0 || index >= held.length ? null : held[index];
    if (named != null && named.segment().generation() == generation && named.is(State.ANNOUNCED)) {
      drop(named, true);
    }
  }

  /**
   * Overwrites what a worker wrote, which its client may only read. Whether an unfinished request
   * still uses it is the client's concern: it would spoil its own answer.
   */
  void wipe(SegmentWipe untrusted, Wiping answer) {
    int index = untrusted.segment();
    SessionSegment named = index < 0 || index >= held.length ? null : held[index];
    if (named == null
        || named.segment().generation() != untrusted.generation()
        || !named.is(State.ANNOUNCED)
        || !named.segment().contains(untrusted.offset(), untrusted.bytes())) {
      answer.refused(
          Reason.STALE_REFERENCE,
          "no pages of this session: segment "
              + index
              + ", "
              + untrusted.offset()
              + " + "
              + untrusted.bytes());
    } else if (wipes == MAX_WIPES) {
      answer.refused(
          Reason.BUDGET_EXCEEDED, "unanswered wipes of this session " + wipes + " >= " + MAX_WIPES);
    } else {
      wipes++;
      wipeFrom(named, untrusted.offset(), untrusted.offset() + untrusted.bytes(), answer);
    }
  }

  private void wipeFrom(SessionSegment wiped, long offset, long end, Wiping answer) {
    door.pages()
        .add(
            uid,
            () -> {
              long piece = Math.min(PageWork.PIECE_BYTES, end - offset);
              if (wiped.is(State.ANNOUNCED) && wipePiece(wiped.segment(), offset, piece, answer)) {
                if (offset + piece < end) {
                  wipeFrom(wiped, offset + piece, end, answer);
                  return true;
                }
                answer.done();
              }
              wipes--; // Of a segment that was dropped meanwhile nobody asks any more.
              return true;
            });
  }

  private static boolean wipePiece(Segment segment, long offset, long piece, Wiping answer) {
    try {
      segment.wipe(offset, piece);
      return true;
    } catch (OsException e) {
      answer.refused(Reason.BUDGET_EXCEEDED, "it cannot be wiped now: " + e.getMessage());
      return false;
    }
  }

  private void drop(SessionSegment dropped, boolean discard) {
    dropped.moveTo(State.DROPPED);
    Segment segment = dropped.segment();
    door.data()
        .execute(
            () -> {
              Runnable unpinned = () -> door.loop().execute(() -> release(dropped, discard));
              if (!session.segments().drop(segment.index(), segment.generation(), unpinned)) {
                unpinned.run();
              }
            });
  }

  private void release(SessionSegment released, boolean discard) {
    Segment segment = released.segment();
    held[segment.index()] = null;
    Runnable unmapped =
        discard
            ? () -> door.pages().add(uid, () -> discardMore(segment))
            : () -> awaitReturn(segment);
    door.segments(released.device()).remove(segment, unmapped);
  }

  /** Gives the next piece back. True: there is nothing more to give back. */
  private boolean discardMore(Segment segment) {
    try {
      if (!segment.discardMore(PageWork.PIECE_BYTES)) {
        return false;
      }
      segment.close();
      returnBytes(segment.bytes());
    } catch (OsException e) {
      LOG.error("{}: it counts until nobody holds {}", e.getMessage(), segment);
      awaitReturn(segment);
    }
    return true;
  }

  private void awaitReturn(Segment segment) {
    door.returns().await(segment.leave(), () -> returnBytes(segment.bytes()));
  }

  /**
   * Drops everything: the session ends.
   *
   * @param givenBack the client has said that it needs none of them any more
   */
  void dropAll(boolean givenBack) {
    for (SessionSegment each : held) {
      if (each != null && each.is(State.MAKING)) {
        each.moveTo(State.DROPPED); // Its next piece notices.
      } else if (each != null && !each.is(State.DROPPED)) {
        drop(each, givenBack);
      }
    }
  }
}
