// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.OutputBlock;
import io.berth.worker.driver.hsm.Sm4AuthLengths;
import java.nio.ByteBuffer;

/**
 * The two parts of a sealed message: both in the message, the data in the INPUT block, or the
 * additional data there before it.
 *
 * @param aad a copy: a client can change its block at any time
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over and taken apart at once.
record AuthParts(Chunks data, byte[] aad) {
  static AuthParts of(CardSession session, Request request, Reply reply, Sm4AuthRequest asked)
      throws RequestException {
    int aadInBlock = Sm4AuthLengths.aadInBlock(request, asked);
    Chunks data =
        aadInBlock == 0 ? Chunks.of(request, asked.getData()) : Chunks.behind(request, aadInBlock);
    if (data.total() > SealingOperations.DATA_BYTES_MAX) {
      throw RequestException.invalid(
          "data: " + data.total() + " bytes > " + SealingOperations.DATA_BYTES_MAX);
    }
    OutputBlock.needRoom(request, reply, data.total());
    int aadBytes = Math.max(asked.getAad().size(), aadInBlock);
    if (aadBytes > session.card().bufferBytes()) {
      throw RequestException.invalid(
          "aad: " + aadBytes + " bytes > " + session.card().bufferBytes());
    }
    if (aadInBlock == 0) {
      return new AuthParts(data, asked.getAad().toByteArray());
    }
    ByteBuffer input = request.input();
    byte[] aad = new byte[aadBytes];
    input.get(input.position(), aad);
    return new AuthParts(data, aad);
  }
}
