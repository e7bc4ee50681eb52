// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.arena;

import io.berth.jni.os.Memory;
import io.berth.worker.link.Mapping;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/** One mapped segment. Pinned by requests from any thread, unmapped by the ring's thread. */
public final class Segment {
  private final long session;
  private final int number;
  private final int generation;
  private final boolean writable;
  private final long bytes;
  private final Mapping mapping;
  private final AtomicInteger pins = new AtomicInteger();

  Segment(long session, int number, int generation, boolean writable, long bytes, Mapping mapping) {
    this.session = session;
    this.number = number;
    this.generation = generation;
    this.writable = writable;
    this.bytes = bytes;
    this.mapping = mapping;
  }

  public long session() {
    return session;
  }

  public int number() {
    return number;
  }

  public int generation() {
    return generation;
  }

  boolean isWritable() {
    return writable;
  }

  /** Whether the range lies within; all three are foreign. */
  boolean holds(long offset, long length) {
    return offset >= 0
        && length >= 0
        && length <= Integer.MAX_VALUE
        && offset <= bytes
        && length <= bytes - offset;
  }

  /** A view of a block that {@link #holds}; read-only if the client is the one who writes here. */
  public ByteBuffer block(long offset, long length) {
    ByteBuffer view = Memory.view(mapping.address() + offset, length);
    return (writable ? view : view.asReadOnlyBuffer()).order(ByteOrder.LITTLE_ENDIAN);
  }

  void pin() {
    pins.incrementAndGet();
  }

  /** Ends a request's use. True if that was the last one. */
  public boolean unpin() {
    return pins.decrementAndGet() == 0;
  }

  boolean isPinned() {
    return pins.get() != 0;
  }

  void unmap() {
    mapping.close();
  }
}
