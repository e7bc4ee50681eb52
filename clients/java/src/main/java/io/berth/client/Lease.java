// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A piece of one session's segment. It goes back to its arena when its owner has let go of it and
 * no request that names it is in flight, so that a late worker never writes into somebody else's
 * data.
 */
final class Lease {
  private final Arena arena;
  private final Arena.Segment segment;
  private final int offset;
  private final int bytes;

  // Guarded by the arena.
  private int pins;
  private boolean released;

  Lease(Arena arena, Arena.Segment segment, int offset, int bytes) {
    this.arena = arena;
    this.segment = segment;
    this.offset = offset;
    this.bytes = bytes;
  }

  Arena arena() {
    return arena;
  }

  int bytes() {
    return bytes;
  }

  /** Where it stands in its segment. */
  int offset() {
    return offset;
  }

  /** A new view at each call. The memory stays mapped as long as a view can be reached. */
  ByteBuffer memory() {
    ByteBuffer view = segment.memory().duplicate();
    view.position(offset).limit(offset + bytes);
    return view.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean isPinned() {
    synchronized (arena) {
      return pins > 0;
    }
  }

  /** False if only one request at a time may name it and one does. */
  boolean pin(boolean alone) {
    synchronized (arena) {
      if (alone && pins > 0) {
        return false;
      }
      pins++;
      return true;
    }
  }

  void unpin() {
    synchronized (arena) {
      pins--;
      giveBack();
    }
  }

  void release() {
    synchronized (arena) {
      released = true;
      giveBack();
    }
  }

  private void giveBack() {
    if (pins == 0 && released) {
      segment.free(offset, bytes);
    }
  }

  void writeReference(ByteBuffer frame, int at) {
    frame.putInt(at, segment.number());
    frame.putInt(at + 4, segment.generation());
    frame.putLong(at + 8, offset);
    frame.putLong(at + 16, bytes);
  }
}
