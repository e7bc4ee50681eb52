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
  private final int bytes;
  private final Block input;
  private final Block output;
  private boolean workerMayRead;

  private BulkData(byte[] inline, int bytes, Block input, Block output) {
    this.inline = inline;
    this.bytes = bytes;
    this.input = input;
    this.output = output;
  }

  /**
   * Takes the data as it is now.
   *
   * @param answered whether the answer is as long as the data and comes back the same way
   */
  static BulkData of(Resource resource, byte[] data, boolean answered) {
    if (data.length <= INLINE_BYTES) {
      return new BulkData(data, data.length, null, null);
    }
    Block input = resource.allocate(Direction.INPUT, data.length);
    try {
      Block output = answered ? resource.allocate(Direction.OUTPUT, data.length) : null;
      BulkData bulk = new BulkData(null, data.length, input, output);
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
    if (reply.outputBytes() != bytes) {
      throw new MalformedMessageException(
          "an answer of " + bytes + " bytes expected, found " + reply.outputBytes());
    }
    byte[] answer = new byte[bytes];
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
