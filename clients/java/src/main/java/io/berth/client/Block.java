// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.nio.ByteBuffer;

/**
 * Shared memory that travels by reference: written here and read by the worker, or the other way
 * round.
 *
 * <p>{@link #close()} gives it back. While a request that names it is in flight, time-out or not,
 * it stays quarantined and is reused only after that request's end, so that a late worker can never
 * write into somebody else's data.
 *
 * <p>When another broker has taken over, by a reload or after a loss, the next request that names
 * the block moves it into memory of the new session, an input with its content. What counts as an
 * input's content is what stands in the buffer that was obtained last, also if that was before the
 * move. An answer in an output stands in the buffer obtained <em>after</em> the answer: one from
 * before may show the earlier session's memory.
 *
 * <p>Buffers obtained from a block stay safe to touch for ever (never a crash), but after close
 * they may show another block's data: do not keep them. Any thread may use a block; the content has
 * no order of its own between threads.
 */
public final class Block implements AutoCloseable {
  private final Resource resource;
  private final Direction direction;
  private final int bytes;

  // Guarded by itself.
  private Lease lease;
  private Lease shown;
  private boolean closed;

  Block(Resource resource, Direction direction, Lease lease) {
    this.resource = resource;
    this.direction = direction;
    this.bytes = lease.bytes();
    this.lease = lease;
    this.shown = lease;
  }

  /** How much was asked for. */
  public int bytes() {
    return bytes;
  }

  /** Who writes it. */
  public Direction direction() {
    return direction;
  }

  /**
   * The block's memory: writable for {@link Direction#INPUT}, read-only for {@link
   * Direction#OUTPUT}; a new buffer at each call, little-endian.
   *
   * @throws IllegalStateException after close
   */
  public synchronized ByteBuffer buffer() {
    requireOpen();
    takeContent();
    shown = lease;
    return lease.memory();
  }

  /** Gives the memory back; a second time does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      lease.release();
    }
  }

  /** Where it stands in its segment. */
  synchronized int offset() {
    return lease.offset();
  }

  /**
   * Sees to it that a request over this grant can name the block: moves it into the grant's session
   * if it is in another. Asks the broker for memory if need be.
   */
  void bringTo(Grant grant, Resource caller, long deadlineNanos) {
    if (isWrittenIn(grant)) {
      // Its last request timed out, perhaps, and has ended since, without anybody having looked.
      grant.connection.reception().glance();
    }
    synchronized (this) {
      requireOpen();
      if (caller != resource) {
        throw BerthException.of(
            StatusCode.NOT_FOUND,
            Reason.STALE_REFERENCE,
            "the block belongs to another resource, " + resource.name(),
            caller.name());
      }
      if (lease.arena() == grant.arena) {
        takeContent();
        return;
      }
      requireFree();
    }
    // Not while the block is held: others may look at it while the broker is asked.
    Lease next = grant.arena.lease(direction, bytes, deadlineNanos);
    synchronized (this) {
      if (closed || lease.arena() == grant.arena) {
        next.release();
        return;
      }
      lease.release();
      lease = next;
      takeContent();
    }
  }

  private synchronized boolean isWrittenIn(Grant grant) {
    return direction == Direction.OUTPUT && lease.arena() == grant.arena && lease.isPinned();
  }

  /** An input's content follows it; where an application may still write is the buffer it has. */
  private void takeContent() {
    if (shown != lease && direction == Direction.INPUT) {
      lease.memory().put(shown.memory());
    }
  }

  /**
   * The memory that a request over this grant names, not to be reused before {@link Lease#unpin()};
   * null if the block is in another session by now: bring it again.
   */
  synchronized Lease pin(Grant grant, Direction wanted) {
    requireOpen();
    if (direction != wanted) {
      throw new IllegalArgumentException(
          "expected an " + wanted + " block, found one for " + direction);
    }
    if (lease.arena() != grant.arena) {
      return null;
    }
    if (!lease.pin(direction == Direction.OUTPUT)) {
      throw pinned();
    }
    return lease;
  }

  private void requireFree() {
    if (direction == Direction.OUTPUT && lease.isPinned()) {
      throw pinned();
    }
  }

  private BerthException pinned() {
    return BerthException.of(
        StatusCode.FAILED_PRECONDITION,
        Reason.BLOCK_PINNED,
        "the output block belongs to a request in flight; use one block per request",
        resource.name());
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          resource.name() + ": block of " + bytes + " bytes used after close()");
    }
  }
}
