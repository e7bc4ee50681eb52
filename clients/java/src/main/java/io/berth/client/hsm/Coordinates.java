// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/**
 * Numbers of the SM2 curve: 32 bytes, big-endian; keys and signatures are messages of two of them.
 */
final class Coordinates {
  private static final int BYTES = 32;

  private Coordinates() {}

  static byte[] copy(String name, byte[] value) {
    if (value.length != BYTES) {
      throw new IllegalArgumentException(
          name + " has " + value.length + " bytes: expected 32, big-endian with leading zeros");
    }
    return value.clone();
  }

  static byte[][] pair(byte[] message) {
    byte[][] pair = {new byte[0], new byte[0]};
    ProtoReader reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.isBytes(1)) {
        pair[0] = reader.bytes();
      } else if (reader.isBytes(2)) {
        pair[1] = reader.bytes();
      }
    }
    if (pair[0].length != BYTES || pair[1].length != BYTES) {
      throw new MalformedMessageException(
          "two numbers of 32 bytes expected, found " + pair[0].length + " and " + pair[1].length);
    }
    return pair;
  }
}
