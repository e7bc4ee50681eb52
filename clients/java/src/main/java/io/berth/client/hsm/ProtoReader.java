// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import java.util.Arrays;

/**
 * Reads protobuf messages field by field. Fields that nobody asks for are skipped, whatever their
 * type; anything that is not well-formed is refused with {@link MalformedMessageException}.
 *
 * <pre>{@code
 * while (reader.next()) {
 *   if (reader.isBytes(1)) { r = reader.bytes(); }
 * }
 * }</pre>
 */
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int GROUP = 3;
  private static final int GROUP_END = 4;
  private static final int FIXED_32 = 5;
  private static final int DEEPEST_GROUP = 100;

  private final byte[] message;
  private final int end;
  private int at;
  private int field;
  private int wireType;
  private boolean taken = true;

  ProtoReader(byte[] message) {
    this.message = message;
    this.end = message.length;
  }

  /** Moves to the next field, skipping the last one if it was not read. */
  boolean next() {
    if (!taken) {
      skip(wireType, 0);
    }
    if (at == end) {
      return false;
    }
    tag();
    if (wireType == GROUP_END) {
      throw malformed("the end of a group that did not begin");
    }
    taken = false;
    return true;
  }

  /** Whether the current field is this one, of type bytes, string or message. */
  boolean isBytes(int number) {
    return field == number && wireType == LENGTH_DELIMITED;
  }

  /** Whether the current field is this one, of type bool, enum or integer. */
  boolean isNumber(int number) {
    return field == number && wireType == VARINT;
  }

  byte[] bytes() {
    int length = length();
    taken = true;
    at += length;
    return Arrays.copyOfRange(message, at - length, at);
  }

  long number() {
    taken = true;
    return varint();
  }

  private void tag() {
    long tag = varint();
    field = (int) (tag >>> 3);
    wireType = (int) tag & 7;
    if (tag >>> 32 != 0 || field == 0) {
      throw malformed("field number " + (tag >>> 3));
    }
  }

  private void skip(int type, int depth) {
    switch (type) {
      case VARINT:
        varint();
        break;
      case FIXED_64:
        advance(8);
        break;
      case LENGTH_DELIMITED:
        advance(length());
        break;
      case FIXED_32:
        advance(4);
        break;
      case GROUP:
        skipGroup(depth);
        break;
      default:
        throw malformed("wire type " + type);
    }
  }

  private void skipGroup(int depth) {
    if (depth == DEEPEST_GROUP) {
      throw malformed("groups nested deeper than " + DEEPEST_GROUP);
    }
    int opened = field;
    for (tag(); wireType != GROUP_END; tag()) {
      skip(wireType, depth + 1);
    }
    if (field != opened) {
      throw malformed("group " + opened + " ended as " + field);
    }
  }

  private int length() {
    long untrustedLength = varint();
    if (untrustedLength < 0 || untrustedLength > end - at) {
      throw malformed("a length of " + untrustedLength + " with " + (end - at) + " bytes left");
    }
    return (int) untrustedLength;
  }

  private void advance(int count) {
    if (count > end - at) {
      throw malformed("it ends within a field");
    }
    at += count;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) {
        throw malformed("it ends within a number");
      }
      byte next = message[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw malformed("a number of more than 10 bytes");
  }

  private MalformedMessageException malformed(String what) {
    return new MalformedMessageException(
        "malformed protobuf message of " + end + " bytes at " + at + ": " + what);
  }
}
