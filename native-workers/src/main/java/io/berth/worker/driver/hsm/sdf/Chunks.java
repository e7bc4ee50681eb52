// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import io.berth.jni.sdf.CardMemory;
import io.berth.worker.driver.Request;
import java.nio.ByteBuffer;

/**
 * The data of a request, from its message or its INPUT block, in pieces that the card takes. Each
 * piece is copied before the card sees it: a client can change its block at any time.
 */
final class Chunks {
  private final ByteBuffer data;
  private final int total;
  private int position;

  private Chunks(ByteBuffer data) {
    this.data = data;
    this.total = data.remaining();
  }

  static Chunks of(Request request, ByteString data) {
    ByteBuffer input = request.input();
    return new Chunks(input != null && data.isEmpty() ? input : data.asReadOnlyByteBuffer());
  }

  /** What stands in the INPUT block behind its first bytes. */
  static Chunks behind(Request request, int bytes) {
    ByteBuffer input = request.input();
    return new Chunks(input.slice(input.position() + bytes, input.remaining() - bytes));
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
    data.get(data.position() + position, into, 0, bytes);
    position += bytes;
    return bytes;
  }

  /** Copies the next piece to the beginning of that memory. Returns its length. */
  int next(CardMemory into, int mostBytes) {
    int bytes = Math.min(Math.min(mostBytes, into.size()), total - position);
    into.set(data, data.position() + position, bytes);
    position += bytes;
    return bytes;
  }
}
