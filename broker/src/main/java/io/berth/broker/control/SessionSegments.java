// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.arena.Segment;
import io.berth.broker.arena.SegmentTable;
import io.berth.broker.config.ArenaConfig;
import io.berth.broker.device.Device;
import io.berth.broker.session.Session;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;

/**
 * The segments of one session: makes them within the budgets, and gives their memory back when
 * neither the client, nor a request, nor a worker uses them.
 *
 * <p>Control thread only.
 */
final class SessionSegments {
  /** How an ask for a segment ends. */
  interface Answer {
    void added(Segment segment);

    void refused(Reason reason, String text);
  }

  private final ClientDoor door;
  private final Session session;
  private final int uid;
  private final Segment[] segments = new Segment[SegmentTable.CAPACITY];
  private final Device[] devices = new Device[SegmentTable.CAPACITY];
  private final int[] generations = new int[SegmentTable.CAPACITY];
  private long bytes;

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
            ? "segments of this session " + segments.length + " >= " + segments.length
            : takeBytes(limits, size);
    if (overBudget != null) {
      answer.refused(Reason.BUDGET_EXCEEDED, overBudget);
      return;
    }
    generations[index]++;
    try {
      Segment segment = Segment.create(session.id(), index, generations[index], direction, size);
      segments[index] = segment;
      devices[index] = device;
      door.segments(device).add(segment, status -> mapped(segment, device, status, answer));
    } catch (OsException e) {
      returnBytes(size);
      answer.refused(Reason.BUDGET_EXCEEDED, "the host has no memory left: " + e.getMessage());
    }
  }

  private int freeIndex() {
    for (int index = 0; index < segments.length; index++) {
      if (segments[index] == null) {
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
    String overBudget = door.budget().takeArena(uid, size, limits.maxBytesTotal());
    if (overBudget == null) {
      bytes += size;
    }
    return overBudget;
  }

  private void returnBytes(long size) {
    bytes -= size;
    door.budget().returnArena(uid, size);
  }

  private void mapped(Segment segment, Device device, Status status, Answer answer) {
    if (segments[segment.index()] != segment) {
      return; // The session ended meanwhile.
    }
    if (status != Status.OK) {
      release(segment, device);
      answer.refused(Reason.WORKER_UNAVAILABLE, "the worker could not map the segment: " + status);
      return;
    }
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
                      device);
              door.loop().execute(() -> answer.added(segment));
            });
  }

  /** Drops a segment on its client's word. */
  void drop(int index, int generation) {
    if (index < 0
        || index >= segments.length
        || segments[index] == null
        || segments[index].generation() != generation) {
      return;
    }
    drop(segments[index], devices[index]);
  }

  private void drop(Segment segment, Device device) {
    door.data()
        .execute(
            () -> {
              Runnable unpinned = () -> door.loop().execute(() -> release(segment, device));
              if (!session.segments().drop(segment.index(), segment.generation(), unpinned)) {
                unpinned.run();
              }
            });
  }

  private void release(Segment segment, Device device) {
    if (segments[segment.index()] != segment) {
      return;
    }
    segments[segment.index()] = null;
    door.segments(device)
        .remove(
            segment,
            () -> {
              segment.close();
              returnBytes(segment.bytes());
            });
  }

  /** Drops everything: the client is gone. */
  void dropAll() {
    for (int index = 0; index < segments.length; index++) {
      if (segments[index] != null) {
        drop(segments[index], devices[index]);
      }
    }
  }
}
