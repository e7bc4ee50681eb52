// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import java.util.Arrays;

/**
 * Writes protobuf (proto3) messages with the bytes that protobuf-java would write: fields in
 * ascending order, defaults left out, absent messages left out.
 */
final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;

  private byte[] bytes = new byte[128];
  private int length;

  /** A {@code bytes} field; null and empty are the default and take no space. */
  ProtoWriter bytes(int field, byte[] value) {
    return value == null || value.length == 0 ? this : delimited(field, value);
  }

  /** A message field; null is absent, an empty message is present. */
  ProtoWriter message(int field, byte[] encoded) {
    return encoded == null ? this : delimited(field, encoded);
  }

  /** A {@code uint32} or enum field. */
  ProtoWriter number(int field, int value) {
    return number(field, Integer.toUnsignedLong(value));
  }

  /** A {@code uint64} field. */
  ProtoWriter number(int field, long value) {
    if (value != 0) {
      varint((long) field << 3 | VARINT);
      varint(value);
    }
    return this;
  }

  /** A {@code repeated uint64} field, packed. */
  ProtoWriter numbers(int field, long... values) {
    ProtoWriter packed = new ProtoWriter();
    for (long each : values) {
      packed.varint(each);
    }
    return bytes(field, packed.toBytes());
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  private ProtoWriter delimited(int field, byte[] value) {
    varint((long) field << 3 | LENGTH_DELIMITED);
    varint(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, length, value.length);
    length += value.length;
    return this;
  }

  private void varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) ((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  private void room(int more) {
    if (more > bytes.length - length) {
      byte[] larger = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
      // It may have held a plain text.
      Arrays.fill(bytes, (byte) 0);
      bytes = larger;
    }
  }
}
