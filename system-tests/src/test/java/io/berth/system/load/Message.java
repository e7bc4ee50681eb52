// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A payload that is unlike every other: sender, number, and a filling that follows from both. */
final class Message {
  private static final int SENDER_BYTES = 8;
  private static final int MIN_BYTES = 2 * Long.BYTES;

  private Message() {}

  static byte[] of(long sender, long number, int bytes) {
    if (bytes < MIN_BYTES) {
      throw new IllegalArgumentException(bytes + " bytes, expected at least " + MIN_BYTES);
    }
    ByteBuffer payload = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    payload.putLong(sender).putLong(SENDER_BYTES, number).position(MIN_BYTES);
    long x = sender * 0x9E3779B97F4A7C15L + number;
    while (payload.hasRemaining()) {
      x = x * 6364136223846793005L + 1442695040888963407L;
      payload.put((byte) (x >>> 56));
    }
    return payload.array();
  }

  static boolean isRight(byte[] reply, long sender, long number, int bytes) {
    return Arrays.equals(reply, of(sender, number, bytes));
  }
}
