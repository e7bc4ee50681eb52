// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.device.WorkerLink;

/**
 * When a worker was last seen to live.
 *
 * <p>Its heartbeat word says when, but the word is the worker's to write. A time in the past harms
 * only the worker itself; a time in the future, by a library that scribbles, would let it hang for
 * ever, and counts as the moment at which this broker saw the word change.
 *
 * <p>Data thread only.
 */
final class Heartbeat {
  private WorkerLink link;
  private long word;
  private long seenNanos;

  /** For how long the worker behind this link has shown no sign of life. */
  long silentNanos(WorkerLink current, long nowNanos) {
    long found = current.untrustedHeartbeatNanos();
    if (current != link || found != word) {
      link = current;
      word = found;
      seenNanos = nowNanos;
    }
    // Compared by their difference: the clock may pass the end of its range.
    return nowNanos - (word - seenNanos < 0 ? word : seenNanos);
  }
}
