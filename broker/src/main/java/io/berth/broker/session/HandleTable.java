// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import java.util.function.IntFunction;

/**
 * A session's handles. A handle's word carries the generation of its index, so that a closed handle
 * is recognised as stale instead of meaning the next one there.
 *
 * <p>Data thread only.
 */
public final class HandleTable {
  private static final int MAX_GENERATION = 0x7FFF;

  private final Handle[] handles;
  private final int[] generations;

  public HandleTable(int capacity) {
    handles = new Handle[capacity];
    generations = new int[capacity];
  }

  /** The handle, or null if the word is not, or no longer, one. */
  public Handle get(int untrustedWord) {
    int index = (untrustedWord & 0xFFFF) - 1;
    if (index < 0 || index >= handles.length) {
      return null;
    }
    Handle handle = handles[index];
    return handle != null && handle.word() == untrustedWord ? handle : null;
  }

  /**
   * Makes a handle with the next free word.
   *
   * @return it, or null if the table is full
   */
  public Handle open(IntFunction<Handle> withWord) {
    for (int index = 0; index < handles.length; index++) {
      if (handles[index] == null) {
        generations[index] = generations[index] % MAX_GENERATION + 1;
        handles[index] = withWord.apply(generations[index] << 16 | (index + 1));
        return handles[index];
      }
    }
    return null;
  }

  /**
   * Closes and returns the handle, or null if there is none. Requests that already use it go on.
   */
  public Handle close(int untrustedWord) {
    Handle handle = get(untrustedWord);
    if (handle != null) {
      handles[(untrustedWord & 0xFFFF) - 1] = null;
    }
    return handle;
  }

  public int capacity() {
    return handles.length;
  }
}
