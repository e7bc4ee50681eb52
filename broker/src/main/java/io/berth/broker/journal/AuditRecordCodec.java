// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.openhft.chronicle.bytes.Bytes;

/**
 * The canonical bytes of a record: little-endian, no padding, one encoding per record and one
 * record per encoding.
 *
 * <pre>
 *  0  u8   version, 1
 *  1  u8   mask of cut fields
 *  2  u16  event code
 *  4  i64  sequence
 * 12  i64  time, nanoseconds since 1970
 * 20  i32  uid
 * 24  i32  pid
 * 28  i32  status
 * 32  5 x (u16 length in bytes, UTF-8): principal, sub-principal, resource, operation, detail
 * </pre>
 *
 * Not thread-safe: one codec per thread.
 */
public final class AuditRecordCodec {
  static final int VERSION = 1;
  static final int FIXED_BYTES = 32;

  /** No record is longer. */
  public static final int MAX_BYTES =
      FIXED_BYTES + 2 * AuditEntry.LIMIT_BYTES.length + Arrays.stream(AuditEntry.LIMIT_BYTES).sum();

  static {
    ChronicleSettings.apply();
  }

  private final byte[] buffer = new byte[MAX_BYTES];
  private final Bytes<byte[]> bytes = Bytes.wrapForWrite(buffer);

  /** The bytes of one record, in an array of exactly their length. */
  public byte[] encode(AuditRecord record) {
    AuditEntry entry = record.entry();
    bytes.clear();
    bytes.writeUnsignedByte(VERSION);
    bytes.writeUnsignedByte(entry.truncatedFields());
    bytes.writeUnsignedShort(entry.event().code());
    bytes.writeLong(record.sequence());
    bytes.writeLong(record.timeNanos());
    bytes.writeInt(entry.uid());
    bytes.writeInt(entry.pid());
    bytes.writeInt(entry.status());
    writeText(entry.principal());
    writeText(entry.subPrincipal());
    writeText(entry.resource());
    writeText(entry.operation());
    writeText(entry.detail());
    return Arrays.copyOf(buffer, (int) bytes.writePosition());
  }

  private void writeText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    bytes.writeUnsignedShort(utf8.length);
    bytes.write(utf8);
  }

  /**
   * Reads untrusted bytes; accepts exactly what {@link #encode} can have written.
   *
   * @throws MalformedRecordException saying which field is wrong and how
   */
  public static AuditRecord decode(byte[] untrusted) throws MalformedRecordException {
    if (untrusted.length < FIXED_BYTES || untrusted.length > MAX_BYTES) {
      throw new MalformedRecordException(
          "length: " + untrusted.length + " not in " + FIXED_BYTES + ".." + MAX_BYTES);
    }
    Bytes<byte[]> in = Bytes.wrapForRead(untrusted);
    int version = in.readUnsignedByte();
    if (version != VERSION) {
      throw new MalformedRecordException("version: found " + version + ", known is " + VERSION);
    }
    int truncated = in.readUnsignedByte();
    if (truncated >= 1 << AuditEntry.LIMIT_BYTES.length) {
      throw new MalformedRecordException("mask of cut fields: found " + truncated);
    }
    int code = in.readUnsignedShort();
    AuditEvent event = AuditEvent.ofCode(code);
    if (event == null) {
      throw new MalformedRecordException("event: no event has code " + code);
    }
    long sequence = in.readLong();
    if (sequence < 0) {
      throw new MalformedRecordException("sequence: " + sequence + " is negative");
    }
    long timeNanos = in.readLong();
    int uid = in.readInt();
    int pid = in.readInt();
    int status = in.readInt();
    String[] texts = new String[AuditEntry.LIMIT_BYTES.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = readText(in, untrusted, i);
    }
    if (in.readRemaining() != 0) {
      throw new MalformedRecordException(
          "length: " + in.readRemaining() + " bytes after the last field");
    }
    return new AuditRecord(
        sequence,
        timeNanos,
        new AuditEntry(
            event, uid, pid, status, texts[0], texts[1], texts[2], texts[3], texts[4], truncated));
  }

  private static String readText(Bytes<byte[]> in, byte[] untrusted, int field)
      throws MalformedRecordException {
    if (in.readRemaining() < 2) {
      throw new MalformedRecordException("text field " + field + ": missing");
    }
    int untrustedLength = in.readUnsignedShort();
    if (untrustedLength > AuditEntry.LIMIT_BYTES[field] || untrustedLength > in.readRemaining()) {
      throw new MalformedRecordException(
          "text field "
              + field
              + ": length "
              + untrustedLength
              + " > limit "
              + Math.min(AuditEntry.LIMIT_BYTES[field], in.readRemaining()));
    }
    int start = (int) in.readPosition();
    in.readSkip(untrustedLength);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(untrusted, start, untrustedLength))
          .toString();
    } catch (CharacterCodingException e) {
      throw new MalformedRecordException("text field " + field + ": not UTF-8", e);
    }
  }

  /** Bytes that no version of the journal can have written. */
  public static final class MalformedRecordException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message) {
      super(message);
    }

    MalformedRecordException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
