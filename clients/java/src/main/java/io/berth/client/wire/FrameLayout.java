// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

/** Offsets within a record, record and frame types, flags (PROTOCOL.md, sections 3 and 4). */
public final class FrameLayout {
  public static final int RECORD_HEADER_BYTES = 8;
  public static final int PADDING = -1;

  public static final int REQUEST = 1;
  public static final int RESPONSE = 2;
  public static final int CREDIT_TYPE = 3;
  public static final int CANCEL = 4;

  public static final int LENGTH = 0;
  public static final int TYPE = 4;
  public static final int CORRELATION = 8;
  public static final int DEADLINE = 16;
  public static final int HANDLE = 24;
  public static final int OPERATION = 28;
  public static final int FLAGS = 32;
  public static final int PRIORITY = 36;
  public static final int STATUS = 40;
  public static final int PAYLOAD_BYTES = 44;
  public static final int REPLY_LIMIT = 48;

  /** In a RESPONSE, where a REQUEST has its reply limit. */
  public static final int DEVICE_CODE = REPLY_LIMIT;

  public static final int CREDIT = 52;
  public static final int PART = 56;
  public static final int EPOCH = 60;
  public static final int HEADER_BYTES = 64;

  public static final int IDEMPOTENT = 1;
  public static final int MORE = 1 << 1;
  public static final int STREAM = 1 << 2;
  public static final int TRACE_FLAG = 1 << 3;
  public static final int INPUT_FLAG = 1 << 4;
  public static final int OUTPUT_FLAG = 1 << 5;
  public static final int SESSION_FLAG = 1 << 6;
  public static final int RESUBMITTED = 1 << 8;

  public static final int TRACE_BYTES = 48;
  public static final int REFERENCE_BYTES = 24;
  public static final int SESSION_BYTES = 8;
  public static final int ALL_BLOCKS_BYTES = TRACE_BYTES + 2 * REFERENCE_BYTES + SESSION_BYTES;
  public static final int MIN_REPLY_BYTES = 192;

  private FrameLayout() {}

  public static int align8(int bytes) {
    return (bytes + 7) & ~7;
  }

  /** How many bytes the blocks that these flags announce take. */
  public static int blockBytes(int flags) {
    return ((flags & TRACE_FLAG) != 0 ? TRACE_BYTES : 0)
        + ((flags & INPUT_FLAG) != 0 ? REFERENCE_BYTES : 0)
        + ((flags & OUTPUT_FLAG) != 0 ? REFERENCE_BYTES : 0)
        + ((flags & SESSION_FLAG) != 0 ? SESSION_BYTES : 0);
  }

  /** What one answer record may take of the response ring. */
  public static int replySpace(int flags, int replyLimit) {
    return align8(
        HEADER_BYTES
            + ((flags & TRACE_FLAG) != 0 ? TRACE_BYTES : 0)
            + ((flags & OUTPUT_FLAG) != 0 ? REFERENCE_BYTES : 0)
            + Math.max(replyLimit, MIN_REPLY_BYTES));
  }

  /** What may be reserved in all. */
  public static long replyBudget(int responseRingBytes, int maxInlineBytes) {
    return (long) responseRingBytes - align8(HEADER_BYTES + ALL_BLOCKS_BYTES + maxInlineBytes);
  }
}
