// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthException;
import io.berth.client.Block;
import io.berth.client.Direction;
import io.berth.client.Reason;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import java.nio.ByteBuffer;

/**
 * The data of one request: in the message while it is short, else by reference, in blocks of memory
 * that this process and the worker share. Blocks are wiped before they are given back, unless the
 * worker may still be reading after a time-out; no other session ever gets that memory.
 */
final class BulkData implements AutoCloseable {
  /** Data up to this travels in the message, with room for key, iv and field heads. */
  static final int INLINE_BYTES = 2048;

  private final byte[] inline;
  private final int fewestBytes;
  private final Block input;
  private final Block output;
  private boolean workerMayRead;

  private BulkData(byte[] inline, int fewestBytes, Block input, Block output) {
    this.inline = inline;
    this.fewestBytes = fewestBytes;
    this.input = input;
    this.output = output;
  }

  /**
   * Takes the data as it is now.
   *
   * @param answered whether the answer is as long as the data and comes back the same way
   */
  static BulkData of(Resource resource, byte[] data, boolean answered) {
    return beside(0, resource, data, answered);
  }

  /**
   * Takes the data as it is now.
   *
   * @param otherBytes how much else of the caller's is in the message: what both together are too
   *     long for is left to the other
   * @param answered whether the answer is as long as the data and comes back the same way
   */
  static BulkData beside(int otherBytes, Resource resource, byte[] data, boolean answered) {
    return of(otherBytes, resource, data, answered ? data.length : 0, data.length);
  }

  /**
   * Takes the data as it is now.
   *
   * @param otherBytes how much else of the caller's is in the message
   * @param growthBytes how much longer than the data the answer may be; it may be shorter, too
   */
  static BulkData growing(int otherBytes, Resource resource, byte[] data, int growthBytes) {
    return of(otherBytes, resource, data, Math.addExact(data.length, growthBytes), 0);
  }

  private static BulkData of(
      int otherBytes, Resource resource, byte[] data, int mostAnswerBytes, int fewestAnswerBytes) {
    if (data.length == 0 || data.length <= INLINE_BYTES - otherBytes) {
      return new BulkData(data, fewestAnswerBytes, null, null);
    }
    Block input = resource.allocate(Direction.INPUT, data.length);
    try {
      Block output =
          mostAnswerBytes == 0 ? null : resource.allocate(Direction.OUTPUT, mostAnswerBytes);
      BulkData bulk = new BulkData(null, fewestAnswerBytes, input, output);
      input.buffer().put(data);
      return bulk;
    } catch (RuntimeException e) {
      input.close();
      throw e;
    }
  }

  /** What the message's {@code data} field holds; null if the data is in a block. */
  byte[] inline() {
    return inline;
  }

  /** Calls with the blocks, if there are any. */
  Reply call(Resource resource, Request request) {
    try {
      return resource.call(request.input(input).output(output));
    } catch (BerthException e) {
      workerMayRead = e.reason() == Reason.CALLER_TIMED_OUT;
      throw e;
    }
  }

  /** The answer's data, if it came in a block; null if it stands in the message. */
  byte[] answer(Reply reply) {
    if (output == null) {
      return null;
    }
    long found = reply.outputBytes();
    if (found < fewestBytes || found > output.bytes()) {
      throw new MalformedMessageException(
          "an answer of "
              + fewestBytes
              + " to "
              + output.bytes()
              + " bytes expected, found "
              + found);
    }
    byte[] answer = new byte[(int) found];
    output.buffer().get(answer);
    return answer;
  }

  @Override
  public void close() {
    if (output != null) {
      output.close();
    }
    if (input != null) {
      if (!workerMayRead) {
        wipe();
      }
      input.close();
    }
  }

  private void wipe() {
    try {
      ByteBuffer memory = input.buffer();
      while (memory.remaining() >= Long.BYTES) {
        memory.putLong(0);
      }
      while (memory.hasRemaining()) {
        memory.put((byte) 0);
      }
    } catch (BerthException stale) {
      if (stale.reason() != Reason.STALE_REFERENCE) {
        throw stale;
      }
      // The session is over, and its memory with it.
    }
  }
}
