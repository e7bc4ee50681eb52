// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.nio.ByteBuffer;

/** The block of a client's that a result goes to, where a request names one. */
public final class OutputBlock {
  private OutputBlock() {}

  /** Refuses a request whose block, if it has one, is too short for so many bytes. */
  public static void needRoom(Request request, int bytes) throws RequestException {
    ByteBuffer block = request.output();
    if (block != null && block.remaining() < bytes) {
      throw RequestException.invalid(
          "output block of " + block.remaining() + " bytes for " + bytes);
    }
  }

  /** Puts a result into the block, which has {@link #needRoom room}. False: there is no block. */
  public static boolean put(Request request, Reply reply, byte[] result) {
    ByteBuffer block = request.output();
    if (block == null) {
      return false;
    }
    block.put(block.position(), result, 0, result.length);
    reply.outputBytes(result.length);
    return true;
  }
}
