// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Shared memory that travels by reference: written here and read by the worker, or the other way
 * round.
 *
 * <p>{@link #close()} gives it back. While a request that names it is in flight, time-out or not,
 * it stays quarantined and is reused only after that request's end, so that a late worker can never
 * write into somebody else's data. When the connection is lost the block is stale: allocate a new
 * one.
 *
 * <p>Buffers obtained from a block stay safe to touch for ever (never a crash), but after close
 * they may show another block's data: do not keep them. Any thread may use a block; the content has
 * no order of its own between threads.
 */
public final class Block implements AutoCloseable {
  private final Arena arena;
  private final Arena.Segment segment;
  private final int offset;
  private final int bytes;

  // Guarded by the arena.
  private int pins;
  private boolean closed;

  Block(Arena arena, Arena.Segment segment, int offset, int bytes) {
    this.arena = arena;
    this.segment = segment;
    this.offset = offset;
    this.bytes = bytes;
  }

  /** How much was asked for. */
  public int bytes() {
    return bytes;
  }

  /** Who writes it. */
  public Direction direction() {
    return segment.direction();
  }

  /**
   * The block's memory: writable for {@link Direction#INPUT}, read-only for {@link
   * Direction#OUTPUT}; a new buffer at each call, little-endian.
   *
   * @throws IllegalStateException after close
   * @throws BerthException NOT_FOUND (stale-reference) after the connection was lost
   */
  public ByteBuffer buffer() {
    synchronized (arena) {
      requireUsable();
      ByteBuffer view = segment.memory().duplicate();
      view.position(offset).limit(offset + bytes);
      return view.slice().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Gives the memory back; a second time does nothing. */
  @Override
  public void close() {
    synchronized (arena) {
      if (closed) {
        return;
      }
      closed = true;
      if (pins == 0) {
        segment.free(offset, bytes);
      }
    }
  }

  /** Where it stands in its segment. */
  int offset() {
    return offset;
  }

  void pin(Grant grant, Direction wanted) {
    synchronized (arena) {
      requireUsable();
      if (grant.arena != arena) {
        throw stale();
      }
      if (segment.direction() != wanted) {
        throw new IllegalArgumentException(
            "expected an " + wanted + " block, found one for " + segment.direction());
      }
      if (wanted == Direction.OUTPUT && pins > 0) {
        throw BerthException.of(
            StatusCode.FAILED_PRECONDITION,
            Reason.BLOCK_PINNED,
            "the output block belongs to a request in flight; use one block per request",
            arena.resource());
      }
      pins++;
    }
  }

  void unpin() {
    synchronized (arena) {
      pins--;
      if (pins == 0 && closed) {
        segment.free(offset, bytes);
      }
    }
  }

  void writeReference(ByteBuffer memory, int at) {
    memory.putInt(at, segment.number());
    memory.putInt(at + 4, segment.generation());
    memory.putLong(at + 8, offset);
    memory.putLong(at + 16, bytes);
  }

  private void requireUsable() {
    if (closed) {
      throw new IllegalStateException(
          arena.resource() + ": block of " + bytes + " bytes used after close()");
    }
    if (arena.isStale()) {
      throw stale();
    }
  }

  private BerthException stale() {
    return BerthException.of(
        StatusCode.NOT_FOUND,
        Reason.STALE_REFERENCE,
        "the block belongs to a session that is over, or to another resource; allocate a new one",
        arena.resource());
  }
}
