// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.device.Device;
import io.berth.shm.status.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * A session's segments as the data thread sees them: which references are valid, and which blocks
 * are pinned by requests that have not ended.
 *
 * <p>A block is pinned until the worker has let go of the request, whatever the client was told
 * before: the worker may still write there. Two requests may read the same bytes; none may write
 * where another one writes.
 *
 * <p>Data thread only. Checking and pinning allocate nothing.
 */
public final class SegmentTable {
  public static final int CAPACITY = 64;

  private final Device[] devices = new Device[CAPACITY];
  private final int[] generations = new int[CAPACITY];
  private final int[] directions = new int[CAPACITY];
  private final long[] sizes = new long[CAPACITY];
  private final int[] pins = new int[CAPACITY];
  private final Runnable[] whenUnpinned = new Runnable[CAPACITY];

  // Output blocks in use: parallel arrays, unordered.
  private int[] outputSlots = new int[16];
  private int[] outputSegments = new int[16];
  private long[] outputStarts = new long[16];
  private long[] outputEnds = new long[16];
  private int outputs;

  /** Devices that have, or had, a segment or a request of the session. */
  private final List<Device> reached = new ArrayList<>();

  public void add(int index, int generation, int direction, long bytes, Device device) {
    reach(device);
    devices[index] = device;
    generations[index] = generation;
    directions[index] = direction;
    sizes[index] = bytes;
  }

  /** The device's worker hears of the session, and may hold state for it. */
  public void reach(Device device) {
    if (!reached.contains(device)) {
      reached.add(device);
    }
  }

  /**
   * No further request may use the segment.
   *
   * @param unpinned runs, now or later, when no request uses it any more
   * @return false if there is no such segment
   */
  public boolean drop(int index, int generation, Runnable unpinned) {
    if (index < 0
        || index >= CAPACITY
        || devices[index] == null
        || generations[index] != generation) {
      return false;
    }
    devices[index] = null;
    if (pins[index] == 0) {
      unpinned.run();
    } else {
      whenUnpinned[index] = unpinned;
    }
    return true;
  }

  /** Devices whose workers may hold state for the session. */
  public List<Device> reached() {
    return reached;
  }

  /** Looks at the references of a record that is about to be admitted. */
  public Reason check(DirectBuffer record, int at, Device device) {
    int flags = record.getInt(at + FLAGS_OFFSET);
    if ((flags & FLAG_INPUT) != 0
        && !isValid(record, at + inputOffset(flags), Segment.INPUT, device)) {
      return Reason.STALE_REFERENCE;
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      int reference = at + outputOffset(flags);
      if (!isValid(record, reference, Segment.OUTPUT, device)) {
        return Reason.STALE_REFERENCE;
      }
      int segment = record.getInt(reference + REFERENCE_SEGMENT);
      long start = record.getLong(reference + REFERENCE_OFFSET);
      long end = start + record.getLong(reference + REFERENCE_LENGTH);
      for (int i = 0; i < outputs; i++) {
        if (outputSegments[i] == segment && start < outputEnds[i] && outputStarts[i] < end) {
          return Reason.BLOCK_PINNED;
        }
      }
    }
    return Reason.NONE;
  }

  private boolean isValid(DirectBuffer record, int reference, int direction, Device device) {
    int segment = record.getInt(reference + REFERENCE_SEGMENT);
    int generation = record.getInt(reference + REFERENCE_GENERATION);
    long offset = record.getLong(reference + REFERENCE_OFFSET);
    long length = record.getLong(reference + REFERENCE_LENGTH);
    return segment >= 0
        && segment < CAPACITY
        && devices[segment] == device
        && generations[segment] == generation
        && directions[segment] == direction
        && offset >= 0
        && length >= 0
        && offset <= sizes[segment]
        && length <= sizes[segment] - offset;
  }

  /** Pins the blocks of an admitted request. */
  public void pin(DirectBuffer record, int at, int slot) {
    int flags = record.getInt(at + FLAGS_OFFSET);
    if ((flags & FLAG_INPUT) != 0) {
      pins[record.getInt(at + inputOffset(flags) + REFERENCE_SEGMENT)]++;
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      int reference = at + outputOffset(flags);
      int segment = record.getInt(reference + REFERENCE_SEGMENT);
      pins[segment]++;
      if (outputs == outputSlots.length) {
        grow();
      }
      outputSlots[outputs] = slot;
      outputSegments[outputs] = segment;
      outputStarts[outputs] = record.getLong(reference + REFERENCE_OFFSET);
      outputEnds[outputs] = outputStarts[outputs] + record.getLong(reference + REFERENCE_LENGTH);
      outputs++;
    }
  }

  private void grow() {
    outputSlots = Arrays.copyOf(outputSlots, 2 * outputs);
    outputSegments = Arrays.copyOf(outputSegments, 2 * outputs);
    outputStarts = Arrays.copyOf(outputStarts, 2 * outputs);
    outputEnds = Arrays.copyOf(outputEnds, 2 * outputs);
  }

  /** Frees the blocks of a request that has ended everywhere. */
  public void unpin(DirectBuffer record, int at, int slot) {
    int flags = record.getInt(at + FLAGS_OFFSET);
    if ((flags & FLAG_INPUT) != 0) {
      release(record.getInt(at + inputOffset(flags) + REFERENCE_SEGMENT));
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      for (int i = 0; i < outputs; i++) {
        if (outputSlots[i] == slot) {
          outputs--;
          outputSlots[i] = outputSlots[outputs];
          outputSegments[i] = outputSegments[outputs];
          outputStarts[i] = outputStarts[outputs];
          outputEnds[i] = outputEnds[outputs];
          break;
        }
      }
      release(record.getInt(at + outputOffset(flags) + REFERENCE_SEGMENT));
    }
  }

  private void release(int segment) {
    pins[segment]--;
    if (pins[segment] == 0 && whenUnpinned[segment] != null) {
      Runnable unpinned = whenUnpinned[segment];
      whenUnpinned[segment] = null;
      unpinned.run();
    }
  }
}
