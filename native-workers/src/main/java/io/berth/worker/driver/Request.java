// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** A request, valid until it is answered; a stream's until its source is closed. */
public interface Request {
  int operation();

  /** What {@link Driver#bind} gave for the handle's name. */
  Target target();

  /** The payload, index 0 to {@code capacity()}; nobody changes it while the request runs. */
  DirectBuffer payload();

  /** The payload in an array of its own. */
  default byte[] payloadBytes() {
    byte[] bytes = new byte[payload().capacity()];
    payload().getBytes(0, bytes);
    return bytes;
  }

  /**
   * The INPUT block, or null. The client can change it at any time: copy what is parsed,
   * authenticated or read twice before looking at it. Read-only; little-endian.
   */
  ByteBuffer input();

  /** The OUTPUT block, or null. Say with {@link Reply#outputBytes} how much of it was written. */
  ByteBuffer output();

  /** Whose state may be used, or 0. */
  long session();

  /** On the clock of {@link System#nanoTime}; {@link Long#MAX_VALUE} for none. */
  long deadlineNanos();

  /** Whether nobody waits for the answer any more. To be asked in between by what takes long. */
  boolean isCancelled();

  /** Whether an earlier worker had this request and died or was fenced in it. */
  boolean isRetried();
}
