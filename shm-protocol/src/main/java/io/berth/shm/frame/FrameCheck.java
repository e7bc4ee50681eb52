// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static io.berth.shm.frame.FrameDescriptor.*;

import org.agrona.DirectBuffer;

/**
 * Structural checks of a frame that was copied out of a foreign ring. What holds afterwards: the
 * blocks that the flags announce and the payload fill the record exactly.
 */
public final class FrameCheck {
  private FrameCheck() {}

  /**
   * Looks for what no correct peer writes.
   *
   * @param frame private copy; never the shared memory itself
   * @param length of the record
   * @return null, or what is wrong
   */
  public static String violation(DirectBuffer frame, int index, int length, int maxInlineBytes) {
    if (length < HEADER_BYTES) {
      return "frame of " + length + " bytes, expected >= " + HEADER_BYTES;
    }
    int payloadBytes = frame.getInt(index + PAYLOAD_BYTES_OFFSET);
    if (payloadBytes < 0 || payloadBytes > maxInlineBytes) {
      return "payload of " + payloadBytes + " bytes, expected 0.." + maxInlineBytes;
    }
    int flags = frame.getInt(index + FLAGS_OFFSET);
    if (length != payloadOffset(flags) + payloadBytes) {
      return "frame of "
          + length
          + " bytes, expected "
          + (payloadOffset(flags) + payloadBytes)
          + " by its flags and payload";
    }
    return null;
  }
}
