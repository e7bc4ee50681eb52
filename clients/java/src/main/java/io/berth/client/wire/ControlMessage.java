// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One message of the control socket: builds outgoing ones field by field, reads incoming ones.
 *
 * <pre>
 *  0 u32 magic   4 u32 kind   8 u32 bodyBytes   12 u32 reserved   16 u64 token   24 body
 * </pre>
 */
public final class ControlMessage {
  public static final int MAGIC = 0x48545242;
  public static final int HEADER_BYTES = 24;
  private static final int MAX_BYTES = 65_536;

  private final ByteBuffer bytes;
  private final int kind;
  private final long token;

  private ControlMessage(ByteBuffer bytes, int kind, long token) {
    this.bytes = bytes;
    this.kind = kind;
    this.token = token;
  }

  /** Begins an outgoing message; add its fields in the order of the table. */
  public static ControlMessage outgoing(int kind, long token) {
    ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(MAGIC).putInt(kind).putInt(0).putInt(0).putLong(token);
    return new ControlMessage(bytes, kind, token);
  }

  /**
   * Checks the header of a received datagram.
   *
   * @throws ProtocolViolation if magic or length are wrong
   */
  public static ControlMessage incoming(ByteBuffer datagram) {
    ByteBuffer bytes = datagram.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < HEADER_BYTES) {
      throw new ProtocolViolation(
          "control message: expected at least 24 bytes, found " + bytes.remaining());
    }
    int magic = bytes.getInt();
    int kind = bytes.getInt();
    int bodyBytes = bytes.getInt();
    bytes.getInt();
    long token = bytes.getLong();
    if (magic != MAGIC || bodyBytes != bytes.remaining()) {
      throw new ProtocolViolation(
          "control message: expected magic 0x48545242 and a body of "
              + bytes.remaining()
              + " bytes, found 0x"
              + Integer.toHexString(magic)
              + " and "
              + bodyBytes);
    }
    return new ControlMessage(bytes, kind, token);
  }

  public int kind() {
    return kind;
  }

  public long token() {
    return token;
  }

  public ControlMessage putU16(int value) {
    bytes.putShort((short) value);
    return this;
  }

  public ControlMessage putU32(int value) {
    bytes.putInt(value);
    return this;
  }

  public ControlMessage putU64(long value) {
    bytes.putLong(value);
    return this;
  }

  /** Adds a u16 byte count and UTF-8. */
  public ControlMessage putText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > 0xFFFF || utf8.length + 2 > bytes.remaining()) {
      throw new IllegalArgumentException(
          "a name of " + utf8.length + " bytes is too long for a control message");
    }
    bytes.putShort((short) utf8.length).put(utf8);
    return this;
  }

  /** The finished outgoing datagram. */
  public ByteBuffer datagram() {
    bytes.putInt(8, bytes.position() - HEADER_BYTES);
    ByteBuffer whole = bytes.duplicate();
    whole.flip();
    return whole;
  }

  public int u16() {
    require(2);
    return bytes.getShort() & 0xFFFF;
  }

  public int u32() {
    require(4);
    return bytes.getInt();
  }

  public long u64() {
    require(8);
    return bytes.getLong();
  }

  /**
   * A text; bytes that are not UTF-8 become replacement characters, for it is only shown to people.
   */
  public String text() {
    int length = u16();
    require(length);
    byte[] utf8 = new byte[length];
    bytes.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** A number of entries, believed only as far as the message's own bytes can hold that many. */
  public int count(int leastEntryBytes) {
    int count = u32();
    if (count < 0 || count > bytes.remaining() / leastEntryBytes) {
      throw new ProtocolViolation(
          ControlKind.name(kind)
              + ": "
              + Integer.toUnsignedString(count)
              + " entries in "
              + bytes.remaining()
              + " bytes");
    }
    return count;
  }

  private void require(int count) {
    if (bytes.remaining() < count) {
      throw new ProtocolViolation(
          ControlKind.name(kind)
              + ": body too short, expected "
              + count
              + " bytes more, found "
              + bytes.remaining());
    }
  }
}
