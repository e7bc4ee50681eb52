// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

/**
 * The operations of one handle whose first use has been recorded. Bounded, because a client may
 * name operations that do not exist: what does not fit is never in it, and so is recorded each
 * time.
 *
 * <p>Data thread only. Allocates nothing after its creation.
 */
public final class RecordedOperations {
  private static final int LIMIT = 16;

  private final int[] operations = new int[LIMIT];
  private int count;

  public boolean contains(int operation) {
    for (int i = 0; i < count; i++) {
      if (operations[i] == operation) {
        return true;
      }
    }
    return false;
  }

  public void add(int operation) {
    if (count < LIMIT) {
      operations[count++] = operation;
    }
  }

  /** Whether no more can be added. */
  public boolean isFull() {
    return count == LIMIT;
  }
}
