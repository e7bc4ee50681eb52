// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** An attribute of a token's object: a number of {@link Cka} and its value. Immutable. */
public final class Attribute {
  private final long type;
  private final byte[] value;
  private final boolean sensitive;
  private final boolean absent;

  private Attribute(long type, byte[] value, boolean sensitive, boolean absent) {
    this.type = type;
    this.value = value;
    this.sensitive = sensitive;
    this.absent = absent;
  }

  /** Takes a copy. */
  public static Attribute of(long type, byte[] value) {
    return new Attribute(type, value.clone(), false, false);
  }

  /** A value of type CK_ULONG. */
  public static Attribute ofNumber(long type, long value) {
    byte[] bytes = new byte[Long.BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value >>> (8 * i));
    }
    return new Attribute(type, bytes, false, false);
  }

  /** A value of type CK_BBOOL. */
  public static Attribute ofTruth(long type, boolean value) {
    return new Attribute(type, new byte[] {(byte) (value ? 1 : 0)}, false, false);
  }

  public long type() {
    return type;
  }

  /** A copy of the value; empty if the token does not tell it. */
  public byte[] value() {
    return value.clone();
  }

  /**
   * The value of an attribute of type CK_ULONG.
   *
   * @throws MalformedMessageException if it is none
   */
  public long number() {
    if (value.length != Long.BYTES) {
      throw new MalformedMessageException(
          "attribute " + type + ": a number of 8 bytes expected, found " + value.length);
    }
    long number = 0;
    for (int i = value.length - 1; i >= 0; i--) {
      number = (number << 8) | (value[i] & 0xFF);
    }
    return number;
  }

  /** Whether the object has it and does not tell (CKR_ATTRIBUTE_SENSITIVE). */
  public boolean isSensitive() {
    return sensitive;
  }

  /** Whether the object has no such attribute (CKR_ATTRIBUTE_TYPE_INVALID). */
  public boolean isAbsent() {
    return absent;
  }

  byte[] encoded() {
    return new ProtoWriter().number(1, type).bytes(2, value).toBytes();
  }

  static Attribute decoded(byte[] message) {
    long type = 0;
    byte[] value = new byte[0];
    boolean sensitive = false;
    boolean absent = false;
    ProtoReader reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.isNumber(1)) {
        type = reader.number();
      } else if (reader.isBytes(2)) {
        value = reader.bytes();
      } else if (reader.isNumber(3)) {
        sensitive = reader.number() != 0;
      } else if (reader.isNumber(4)) {
        absent = reader.number() != 0;
      }
    }
    return new Attribute(type, value, sensitive, absent);
  }
}
