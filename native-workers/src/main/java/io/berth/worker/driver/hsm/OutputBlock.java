// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.shm.status.Reason;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.nio.ByteBuffer;

/** The block of a client's that a result goes to, where a request names one. */
public final class OutputBlock {
  private OutputBlock() {}

  /**
   * Refuses a request whose block, or else whose reply, is too short for so many bytes: before they
   * are computed.
   */
  public static void needRoom(Request request, Reply reply, int bytes) throws RequestException {
    ByteBuffer block = request.output();
    if (block != null && block.remaining() < bytes) {
      throw RequestException.invalid(
          "output block of " + block.remaining() + " bytes for " + bytes);
    }
    if (block == null && bytes > reply.limitBytes()) {
      throw new RequestException(
          Reason.REPLY_TOO_LARGE.usualStatus(),
          Reason.REPLY_TOO_LARGE,
          bytes + " bytes without an OUTPUT block > reply limit " + reply.limitBytes());
    }
  }

  /**
   * Puts the first bytes of a result into the block, which has {@link #needRoom room}. False: there
   * is no block.
   */
  public static boolean put(Request request, Reply reply, byte[] result, int bytes) {
    ByteBuffer block = request.output();
    if (block == null) {
      return false;
    }
    block.put(block.position(), result, 0, bytes);
    reply.outputBytes(bytes);
    return true;
  }
}
