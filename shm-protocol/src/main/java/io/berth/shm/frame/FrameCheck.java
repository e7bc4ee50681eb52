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
    return violation(
        length,
        frame.getInt(index + FLAGS_OFFSET),
        frame.getInt(index + PAYLOAD_BYTES_OFFSET),
        maxInlineBytes);
  }

  /** As the other one, of a record that is at least as long as its header. */
  public static String violation(FrameView frame, int maxInlineBytes) {
    return violation(frame.length(), frame.flags(), frame.payloadBytes(), maxInlineBytes);
  }

  private static String violation(int length, int flags, int payloadBytes, int maxInlineBytes) {
    if (payloadBytes < 0 || payloadBytes > maxInlineBytes) {
      return "payload of " + payloadBytes + " bytes, expected 0.." + maxInlineBytes;
    }
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
