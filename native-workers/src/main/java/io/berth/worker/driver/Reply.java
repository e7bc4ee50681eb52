// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import org.agrona.DirectBuffer;

/** Where a request's answer goes. Its bytes are copied before a call returns. */
public interface Reply {
  /** The longest payload that the caller takes in one piece. */
  int limitBytes();

  /** Ends the request well. Longer than {@link #limitBytes}: ends as {@code reply-too-large}. */
  void ok(DirectBuffer payload, int offset, int bytes);

  default void ok(byte[] payload) {
    ok(payload, 0, payload.length);
  }

  /** As {@link #ok(DirectBuffer, int, int)}. */
  void ok(byte[] payload, int offset, int bytes);

  /** Ends the request with an error. The text is for people, and cut to what fits. */
  void fail(Status status, Reason reason, String text);

  /** How many bytes of the OUTPUT block were written. To be called before the end. */
  void outputBytes(long written);

  /**
   * Answers in parts. The source is asked for one part at a time, whenever the caller has room for
   * one. In between the lane executes other requests: a slow reader pauses its own request only.
   *
   * @throws RequestException if the caller did not ask for a stream
   */
  void stream(PartSource source) throws RequestException;
}
