// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The end of the chain at some moment: which record is the last, and its MAC. Noted outside the
 * host, it shows any later truncation or roll-back.
 *
 * @param sequence of the last record
 * @param mac its MAC, 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // copied and compared by content below
public record Head(long sequence, byte[] mac) {
  /** Checks the shape. */
  public Head {
    if (sequence < 0 || mac.length != RatchetKey.MAC_BYTES) {
      throw new IllegalArgumentException(
          "head: sequence "
              + sequence
              + ", mac of "
              + mac.length
              + " bytes; expected a sequence from 0 and 32 bytes");
    }
    mac = mac.clone();
  }

  @Override
  public byte[] mac() {
    return mac.clone();
  }

  /** Reads the form that {@link #toString} prints, {@code SEQUENCE:64 hex digits}. */
  public static Head parse(String text) {
    int colon = text.indexOf(':');
    try {
      return new Head(
          Long.parseLong(text.substring(0, Math.max(colon, 0))),
          HexFormat.of().parseHex(text.substring(colon + 1).toLowerCase(Locale.ROOT)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "head \"" + text + "\": expected SEQUENCE:MAC with 64 hex digits", e);
    }
  }

  /** The bytes that a head file's tag covers. */
  byte[] statement(byte[] chainId) {
    return ByteBuffer.allocate(chainId.length + 8 + mac.length)
        .put(chainId)
        .putLong(sequence)
        .put(mac)
        .array();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Head head && head.sequence == sequence && Arrays.equals(head.mac, mac);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(sequence) + Arrays.hashCode(mac);
  }

  @Override
  public String toString() {
    return sequence + ":" + HexFormat.of().formatHex(mac);
  }
}
