// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A record as it stands in the queue.
 *
 * <pre>
 *   0   32 bytes  MAC
 *  32   u32       n, length of the canonical bytes, little-endian
 *  36   n bytes   canonical bytes of the record
 *       0..3      zero bytes up to a multiple of four
 * </pre>
 *
 * The padding is ours, and checked, because Chronicle's own would be bytes that nobody verifies.
 *
 * @param mac the stored MAC
 * @param canonical the canonical bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record StoredEntry(byte[] mac, byte[] canonical) {
  private static final int HEADER_BYTES = RatchetKey.MAC_BYTES + 4;

  /** No entry is longer. */
  static final int MAX_BYTES = paddedBytes(AuditRecordCodec.MAX_BYTES);

  /** Length in the queue of an entry with so many canonical bytes. */
  static int paddedBytes(int canonicalBytes) {
    return (HEADER_BYTES + canonicalBytes + 3) & ~3;
  }

  byte[] encode() {
    ByteBuffer out =
        ByteBuffer.allocate(paddedBytes(canonical.length)).order(ByteOrder.LITTLE_ENDIAN);
    return out.put(mac).putInt(canonical.length).put(canonical).array();
  }

  /** Reads untrusted bytes; null when they do not have the form. */
  static StoredEntry decode(byte[] untrusted) {
    if (untrusted.length < HEADER_BYTES || untrusted.length > MAX_BYTES) {
      return null;
    }
    int untrustedLength =
        ByteBuffer.wrap(untrusted).order(ByteOrder.LITTLE_ENDIAN).getInt(RatchetKey.MAC_BYTES);
    if (untrustedLength < 0
        || untrustedLength > AuditRecordCodec.MAX_BYTES
        || paddedBytes(untrustedLength) != untrusted.length) {
      return null;
    }
    int end = HEADER_BYTES + untrustedLength;
    for (int i = end; i < untrusted.length; i++) {
      if (untrusted[i] != 0) {
        return null;
      }
    }
    return new StoredEntry(
        Arrays.copyOf(untrusted, RatchetKey.MAC_BYTES),
        Arrays.copyOfRange(untrusted, HEADER_BYTES, end));
  }
}
