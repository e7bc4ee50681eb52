// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The 64 bytes that travel: correlation, client, and a filling that depends on both ends agreeing.
 */
public final class EchoMessage {
  public static final int BYTES = 64;
  private static final int CORRELATION_OFFSET = 0;
  private static final int CLIENT_OFFSET = 8;
  private static final int FILLING_OFFSET = 16;
  private static final long FILLING_STEP = 0x9E37_79B9_7F4A_7C15L;

  private EchoMessage() {}

  public static void write(MutableDirectBuffer buffer, int offset, long correlation, int client) {
    buffer.putLong(offset + CORRELATION_OFFSET, correlation, ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(offset + CLIENT_OFFSET, client, ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(offset + CLIENT_OFFSET + 4, 0, ByteOrder.LITTLE_ENDIAN);
    for (int i = FILLING_OFFSET; i < BYTES; i += Long.BYTES) {
      buffer.putLong(offset + i, correlation + i * FILLING_STEP, ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Whether the buffer holds what {@link #write} wrote, byte for byte. */
  public static boolean matches(
      DirectBuffer buffer, int offset, int length, long correlation, int client) {
    if (length != BYTES
        || buffer.getLong(offset + CORRELATION_OFFSET, ByteOrder.LITTLE_ENDIAN) != correlation
        || clientOf(buffer, offset) != client) {
      return false;
    }
    for (int i = FILLING_OFFSET; i < BYTES; i += Long.BYTES) {
      if (buffer.getLong(offset + i, ByteOrder.LITTLE_ENDIAN) != correlation + i * FILLING_STEP) {
        return false;
      }
    }
    return true;
  }

  public static int clientOf(DirectBuffer buffer, int offset) {
    return buffer.getInt(offset + CLIENT_OFFSET, ByteOrder.LITTLE_ENDIAN);
  }
}
