// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import org.agrona.DirectBuffer;

/** The rest of a streamed answer. Always used on the lane which made it. */
public interface PartSource extends AutoCloseable {
  /** Takes one part. */
  @FunctionalInterface
  interface Sink {
    /** Exactly once per call of {@link #next}, at most {@link Reply#limitBytes}. */
    void part(DirectBuffer payload, int offset, int bytes);
  }

  /** Whether there is another part; if not, the request ends well. */
  boolean hasNext() throws Exception;

  /** Makes the next part. */
  void next(Sink sink) throws Exception;

  /** The stream has ended, at its end, by an error or because nobody wants the rest. */
  @Override
  default void close() {}
}
