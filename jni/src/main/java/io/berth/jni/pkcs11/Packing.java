// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers and byte strings one behind the other, as {@code packed.h} draws them. */
final class Packing {
  private Packing() {}

  static ByteBuffer into(byte[] packed) {
    return ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** What a byte string takes, its length included. */
  static int bytesOf(byte[] value) {
    return Math.addExact(Long.BYTES, padded(value.length));
  }

  static void put(ByteBuffer to, byte[] value) {
    to.putLong(value.length).put(value);
    to.position(to.position() + padded(value.length) - value.length);
  }

  private static int padded(int bytes) {
    return Math.addExact(bytes, Long.BYTES - 1) & -Long.BYTES;
  }
}
