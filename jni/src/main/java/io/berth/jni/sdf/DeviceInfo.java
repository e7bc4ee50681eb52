// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * What a card says about itself (GM/T 0018, 5.1).
 *
 * @param issuer name of the maker
 * @param name the card's type
 * @param serial date (8), batch (3) and serial number (5)
 * @param deviceVersion the maker's version
 * @param standardVersion the interface's version
 * @param asymmetricAlgorithms families or-ed together, each a bit of its identifier
 * @param asymmetricMaxBits the longest modulus
 * @param symmetricAlgorithms families and modes or-ed together
 * @param hashAlgorithms identifiers or-ed together
 * @param bufferBytes how much one call can take at most; 0 where the card does not say
 */
public record DeviceInfo(
    String issuer,
    String name,
    String serial,
    int deviceVersion,
    int standardVersion,
    int asymmetricAlgorithms,
    int asymmetricMaxBits,
    int symmetricAlgorithms,
    int hashAlgorithms,
    int bufferBytes) {
  static final int TEXT_BYTES = 72;
  static final int NUMBERS = 7;

  private static final int NAME_OFFSET = 40;
  private static final int SERIAL_OFFSET = 56;

  static DeviceInfo of(byte[] texts, int[] numbers) {
    return new DeviceInfo(
        text(texts, 0, NAME_OFFSET),
        text(texts, NAME_OFFSET, SERIAL_OFFSET),
        text(texts, SERIAL_OFFSET, TEXT_BYTES),
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6]);
  }

  private static String text(byte[] texts, int from, int to) {
    int end = from;
    while (end < to && texts[end] != 0) {
      end++;
    }
    ByteBuffer bytes = ByteBuffer.wrap(texts, from, end - from);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString().strip();
    } catch (CharacterCodingException e) {
      // The standard names no encoding; what is not UTF-8 is GB18030 in practice.
      Charset charset =
          Charset.isSupported("GB18030") ? Charset.forName("GB18030") : StandardCharsets.ISO_8859_1;
      return new String(texts, from, end - from, charset).strip();
    }
  }
}
