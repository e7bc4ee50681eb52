// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.os.Descriptor;
import io.berth.client.os.Mapping;
import io.berth.client.os.MappingReaper;
import io.berth.client.os.SystemCallException;
import io.berth.client.wire.ControlKind;
import io.berth.client.wire.ControlMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The segments of one (session, resource), cut into leases by first fit. Segments are asked for on
 * demand; leases given back are used again without asking the broker.
 *
 * <p>Its monitor guards segments and leases; it is never held while the broker is asked.
 */
final class Arena {
  private static final int ALIGNMENT = 128;
  private static final int SMALLEST_SEGMENT_BYTES = 1 << 20;

  private final Connection connection;
  private final int handle;
  private final String resource;
  private final List<Segment> segments = new ArrayList<>();

  Arena(Connection connection, int handle, String resource) {
    this.connection = connection;
    this.handle = handle;
    this.resource = resource;
  }

  Lease lease(Direction direction, int bytes, long deadlineNanos) {
    if (bytes <= 0 || bytes > Integer.MAX_VALUE - ALIGNMENT) {
      throw new IllegalArgumentException(
          resource + ": block of " + bytes + " bytes: expected 1 to 2147483519");
    }
    // ENDs of requests that timed out may lie there, with blocks that wait for them.
    connection.reception().glance();
    Lease lease = leaseHere(direction, bytes);
    if (lease == null) {
      Segment added = add(direction, bytes, deadlineNanos);
      synchronized (this) {
        segments.add(added);
        lease = new Lease(this, added, added.take(bytes), bytes);
      }
    }
    return lease;
  }

  private synchronized Lease leaseHere(Direction direction, int bytes) {
    for (Segment each : segments) {
      int offset = each.direction == direction ? each.take(bytes) : -1;
      if (offset >= 0) {
        return new Lease(this, each, offset, bytes);
      }
    }
    return null;
  }

  private Segment add(Direction direction, int bytes, long deadlineNanos) {
    long wanted = Math.max(SMALLEST_SEGMENT_BYTES, (long) aligned(bytes));
    Control control = connection.control();
    Control.Answer answer =
        control.ask(
            control
                .message(ControlKind.SEGMENT_ADD)
                .putU32(handle)
                .putU32(direction.number())
                .putU64(wanted),
            ControlKind.SEGMENT_ADDED,
            resource,
            deadlineNanos);
    try {
      ControlMessage message = answer.message;
      int number = message.u32();
      int generation = message.u32();
      long granted = message.u64();
      if (answer.descriptors.size() != 1 || granted < bytes || granted > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "SEGMENT_ADDED: expected 1 descriptor and at least "
                + bytes
                + " bytes, found "
                + answer.descriptors.size()
                + " and "
                + granted);
      }
      Descriptor file = answer.descriptors.get(0);
      Mapping mapping =
          Mapping.of(
              file, granted, direction == Direction.INPUT, "segment " + number + " of " + resource);
      MappingReaper.watch(mapping);
      return new Segment(number, generation, direction, mapping.buffer(), (int) granted);
    } catch (SystemCallException | IllegalArgumentException e) {
      throw BerthException.of(
          StatusCode.UNAVAILABLE, Reason.CONNECTION_LOST, e.getMessage(), resource, e);
    } finally {
      answer.close();
    }
  }

  /**
   * Tells the broker that the segments are not needed any more; blocks in use make them stay until
   * their end.
   */
  synchronized void drop() {
    Control control = connection.control();
    for (Segment each : segments) {
      control.tell(
          control.message(ControlKind.SEGMENT_DROP).putU32(each.number).putU32(each.generation));
    }
    segments.clear();
  }

  private static int aligned(int bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** One mapped segment and what of it is free. Guarded by the arena. */
  static final class Segment {
    private final int number;
    private final int generation;
    private final Direction direction;
    private final ByteBuffer memory;

    /** Free ranges: offset → length. Neighbours are merged. */
    private final TreeMap<Integer, Integer> free = new TreeMap<>();

    private Segment(int number, int generation, Direction direction, ByteBuffer memory, int bytes) {
      this.number = number;
      this.generation = generation;
      this.direction = direction;
      this.memory = memory;
      free.put(0, bytes);
    }

    int number() {
      return number;
    }

    int generation() {
      return generation;
    }

    Direction direction() {
      return direction;
    }

    ByteBuffer memory() {
      return memory;
    }

    int take(int bytes) {
      int offset = firstFit(bytes);
      if (offset >= 0) {
        int length = free.remove(offset);
        int needed = aligned(bytes);
        if (length > needed) {
          free.put(offset + needed, length - needed);
        }
      }
      return offset;
    }

    private int firstFit(int bytes) {
      for (Map.Entry<Integer, Integer> range : free.entrySet()) {
        if (range.getValue() >= bytes) {
          return range.getKey();
        }
      }
      return -1;
    }

    void free(int offset, int bytes) {
      int from = offset;
      int length = Math.min(aligned(bytes), memory.capacity() - offset);
      Map.Entry<Integer, Integer> before = free.floorEntry(offset);
      if (before != null && before.getKey() + before.getValue() == offset) {
        from = before.getKey();
        length += before.getValue();
      }
      Integer after = free.remove(offset + Math.min(aligned(bytes), memory.capacity() - offset));
      free.put(from, after == null ? length : length + after);
    }
  }
}
