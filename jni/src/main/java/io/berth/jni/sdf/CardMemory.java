// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Memory that a card's library reads and writes itself, so that long data is not copied between
 * Java's heap and native memory for each call. Between uses it is zero: whoever has used it wipes.
 *
 * <p>A library that writes a little beyond what it was asked for finds room behind the end.
 *
 * <p>One thread.
 */
public final class CardMemory {
  /** As SLACK_BYTES on the native side. */
  private static final int SLACK_BYTES = 64;

  private final ByteBuffer bytes;
  private final int size;
  private final long address;

  /**
   * Zeros, outside of the heap until this object is collected.
   *
   * @param size in bytes
   */
  public CardMemory(int size) {
    this.size = size;
    this.bytes = ByteBuffer.allocateDirect(Math.addExact(size, SLACK_BYTES));
    this.address = SdfNatives.address(bytes);
  }

  /** How much it holds. */
  public int size() {
    return size;
  }

  /** Copies from a buffer, whose position is not moved, to the beginning of this memory. */
  public void set(ByteBuffer from, int offset, int length) {
    check(length);
    bytes.put(0, from, offset, length);
  }

  /** Copies from the beginning of this memory to a buffer, whose position is not moved. */
  public void get(ByteBuffer to, int offset, int length) {
    check(length);
    to.put(offset, bytes, 0, length);
  }

  /** Copies a part of this memory. */
  public void get(int offset, byte[] to) {
    Objects.checkFromIndexSize(offset, to.length, size);
    bytes.get(offset, to);
  }

  /** Zeros over what was used of it, and over what a library may have written behind that. */
  public void wipe(int used) {
    check(used);
    SdfNatives.wipe(address, used + SLACK_BYTES);
  }

  void check(int used) {
    Objects.checkFromIndexSize(0, used, size);
  }

  long address() {
    return address;
  }
}
