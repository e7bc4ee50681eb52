// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

import org.agrona.DirectBuffer;

/**
 * A client's way to an echo service whose answers come in the order of the requests. One thread.
 */
public interface EchoConnection extends AutoCloseable {
  /**
   * Sends one request, copying it.
   *
   * @return false when there is no room at present
   */
  boolean offer(DirectBuffer message, int offsetBytes, int lengthBytes);

  /** Tells the peer that a batch of offers is complete; nothing to do where each offer does so. */
  default void flush() {}

  /** Hands every answer that is there to the listener, without waiting, and says how many. */
  int poll(AnswerListener listener);

  /**
   * Waits a little, or until there may be something to poll, as this system's users would.
   *
   * @param workCount what the last poll gave
   */
  void idle(int workCount);

  @Override
  void close();

  /** Receives an answer; the buffer is valid during the call only. */
  @FunctionalInterface
  interface AnswerListener {
    void onAnswer(DirectBuffer buffer, int offsetBytes, int lengthBytes);
  }
}
