// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.fuzz;

import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlCodec.Envelope;
import io.berth.shm.control.ControlCodec.MalformedMessageException;
import java.nio.ByteBuffer;

/** A control datagram of anything: malformed, or a message that survives being encoded again. */
public final class ControlFuzz {
  private ControlFuzz() {}

  /** Jazzer's entry; an exception or error is a finding. */
  public static void fuzzerTestOneInput(byte[] input) {
    Envelope first;
    try {
      first = ControlCodec.decode(ByteBuffer.wrap(input));
    } catch (MalformedMessageException refused) {
      return;
    }
    try {
      Envelope again = ControlCodec.decode(ControlCodec.encode(first.token(), first.message()));
      if (!again.equals(first)) {
        throw new IllegalStateException(first + " came back as " + again);
      }
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(first + " cannot be decoded again", e);
    }
  }
}
