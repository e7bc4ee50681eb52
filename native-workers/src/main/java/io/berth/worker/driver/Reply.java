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
  default void fail(Status status, Reason reason, String text) {
    fail(status, reason, 0, text);
  }

  /**
   * Ends the request with an error of the device's library.
   *
   * @param deviceCode the library's own return code, which front ends of the same interface give
   *     back as it is; 0 for none
   */
  void fail(Status status, Reason reason, int deviceCode, String text);

  /**
   * Says that {@link Driver#software} computes a part of the answer, and not the device. To be
   * called before the end; the journal names it.
   */
  void computedOutside();

  /**
   * Says that the driver holds nothing for the request's session any more, of what {@link
   * Operation#leavesState} means. To be called before the end, by whoever gives up the last of it:
   * where several workers serve a device, the session's next requests go to any of them.
   */
  default void holdsNothing() {}

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
