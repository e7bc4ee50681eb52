// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.nio.ByteBuffer;
import java.security.ProviderException;
import java.util.Arrays;

/**
 * What several updates bring for an operation that is asked in one piece. It may be a plain text:
 * what is outgrown, taken or dropped is wiped.
 */
final class Buffered {
  private final int mostBytes;
  private byte[] bytes = new byte[256];
  private int length;

  Buffered(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  int length() {
    return length;
  }

  void add(byte[] from, int offset, int count) {
    room(count);
    System.arraycopy(from, offset, bytes, length, count);
    length += count;
  }

  void add(ByteBuffer from) {
    int count = from.remaining();
    room(count);
    from.get(bytes, length, count);
    length += count;
  }

  private void room(int more) {
    if (more > mostBytes - length) {
      long wanted = (long) length + more;
      clear();
      throw new ProviderException(
          "Berth: operation of "
              + wanted
              + " bytes > "
              + mostBytes
              + ", which is asked in one piece; raise max_buffered_bytes");
    }
    if (more > bytes.length - length) {
      byte[] larger =
          Arrays.copyOf(
              bytes, (int) Math.min(mostBytes, Math.max(2L * bytes.length, (long) length + more)));
      Arrays.fill(bytes, (byte) 0);
      bytes = larger;
    }
  }

  /** All of it; the buffer is empty afterwards. The taker wipes what it got. */
  byte[] take() {
    byte[] all = Arrays.copyOf(bytes, length);
    clear();
    return all;
  }

  void clear() {
    Arrays.fill(bytes, 0, length, (byte) 0);
    length = 0;
  }

  Buffered copy() {
    Buffered copy = new Buffered(mostBytes);
    copy.add(bytes, 0, length);
    return copy;
  }
}
