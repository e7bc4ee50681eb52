// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import org.agrona.DirectBuffer;

/**
 * Cuts a text to a number of bytes without cutting a character. What is no UTF-8 is cut somewhere
 * within the last {@value #LONGEST_CHARACTER} bytes.
 */
public final class Utf8Cut {
  private static final int LONGEST_CHARACTER = 4;

  private Utf8Cut() {}

  /** How many of the bytes to keep: at most {@code mostBytes}. */
  public static int at(byte[] utf8, int mostBytes) {
    if (utf8.length <= mostBytes) {
      return utf8.length;
    }
    int end = mostBytes;
    while (end > 0 && end > mostBytes - LONGEST_CHARACTER && isInside(utf8[end])) {
      end--;
    }
    return end;
  }

  /** As {@link #at(byte[], int)} of a text that stands in a buffer and may change there. */
  public static int at(DirectBuffer untrusted, int index, int bytes, int mostBytes) {
    if (bytes <= mostBytes) {
      return bytes;
    }
    int end = mostBytes;
    while (end > 0
        && end > mostBytes - LONGEST_CHARACTER
        && isInside(untrusted.getByte(index + end))) {
      end--;
    }
    return end;
  }

  private static boolean isInside(byte unit) {
    return (unit & 0xC0) == 0x80;
  }
}
