// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import io.berth.worker.driver.Request;
import java.nio.ByteBuffer;

/**
 * The data of a request, from its message or its INPUT block, in pieces that the card takes. Each
 * piece is copied before the card sees it: a client can change its block at any time.
 */
final class Chunks {
  private final ByteString inline;
  private final ByteBuffer block;
  private final int total;
  private int position;

  private Chunks(ByteString inline, ByteBuffer block) {
    this.inline = inline;
    this.block = block;
    this.total = block == null ? inline.size() : block.remaining();
  }

  static Chunks of(Request request, ByteString data) {
    ByteBuffer input = request.input();
    return new Chunks(data, input != null && data.isEmpty() ? input : null);
  }

  int total() {
    return total;
  }

  int position() {
    return position;
  }

  boolean hasNext() {
    return position < total;
  }

  /** Copies the next piece. Returns its length. */
  int next(byte[] into, int mostBytes) {
    int bytes = Math.min(Math.min(mostBytes, into.length), total - position);
    if (block == null) {
      inline.substring(position, position + bytes).copyTo(into, 0);
    } else {
      block.get(block.position() + position, into, 0, bytes);
    }
    position += bytes;
    return bytes;
  }
}
