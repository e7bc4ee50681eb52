// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.shm.frame.FrameDescriptor;
import org.agrona.MutableDirectBuffer;

/**
 * The text of an answer that the broker itself makes, written as UTF-8 into a buffer that is used
 * again and again: refusing costs no allocation, so that who provokes refusals does not make the
 * broker collect garbage.
 *
 * <p>What does not fit into the room that each answer has is left out, from the first character on
 * that does not.
 *
 * <p>One thread.
 */
public final class AnswerText {
  public static final int CAPACITY = FrameDescriptor.MIN_REPLY_BYTES;

  private static final String DIGITS = "0123456789abcdef";
  private static final int HIGHEST_OF_ONE_BYTE = 0x7F;
  private static final int HIGHEST_OF_TWO_BYTES = 0x7FF;
  private static final int HIGHEST_OF_THREE_BYTES = 0xFFFF;

  private final byte[] utf8 = new byte[CAPACITY];
  private int length;
  private boolean cut;

  /** Begins a new text. */
  public AnswerText clear() {
    length = 0;
    cut = false;
    return this;
  }

  public AnswerText append(String text) {
    int index = 0;
    while (index < text.length() && !cut) {
      int character = text.codePointAt(index);
      put(character);
      index += Character.charCount(character);
    }
    return this;
  }

  public AnswerText append(long number) {
    if (number < 0) {
      put('-');
    }
    long scale = 1;
    while (number / scale > 9 || number / scale < -9) {
      scale *= 10;
    }
    for (; scale > 0; scale /= 10) {
      put(DIGITS.charAt((int) Math.abs(number / scale % 10)));
    }
    return this;
  }

  public AnswerText appendHex(int bits) {
    int shift = (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(bits | 1)) & ~3;
    for (; shift >= 0; shift -= 4) {
      put(DIGITS.charAt((bits >>> shift) & 0xF));
    }
    return this;
  }

  private void put(int character) {
    int bytes = bytesOf(character);
    if (cut || bytes > CAPACITY - length) {
      cut = true;
      return;
    }
    if (bytes == 1) {
      // Half a surrogate pair is no character.
      boolean half = character > HIGHEST_OF_ONE_BYTE;
      utf8[length++] = (byte) (half ? '?' : character);
      return;
    }
    int shift = 6 * (bytes - 1);
    int mark = 0xF00 >> bytes;
    utf8[length++] = (byte) (mark | (character >> shift));
    while (shift > 0) {
      shift -= 6;
      utf8[length++] = (byte) (0x80 | ((character >> shift) & 0x3F));
    }
  }

  private static int bytesOf(int character) {
    if (character <= HIGHEST_OF_ONE_BYTE
        || (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE)) {
      return 1;
    }
    if (character <= HIGHEST_OF_TWO_BYTES) {
      return 2;
    }
    return character <= HIGHEST_OF_THREE_BYTES ? 3 : 4;
  }

  public int length() {
    return length;
  }

  void copyTo(MutableDirectBuffer buffer, int index) {
    buffer.putBytes(index, utf8, 0, length);
  }

  @Override
  public String toString() {
    return new String(utf8, 0, length, UTF_8);
  }
}
