// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import io.berth.shm.ring.RecordDescriptor;

/**
 * Layout of a frame, offsets from the start of its record. docs/PROTOCOL.md, section 4.
 *
 * <pre>
 *   0 i32 length         4 i32 type           8 u64 correlation
 *  16 i64 deadlineNanos 24 u32 handle        28 u32 operation
 *  32 u32 flags         36 u32 priority      40 u32 status
 *  44 u32 payloadBytes  48 u32 replyLimit    52 u32 credit
 *  56 u32 part          60 u32 epoch         64 blocks, payload
 * </pre>
 */
public final class FrameDescriptor {
  public static final int LENGTH_OFFSET = RecordDescriptor.LENGTH_OFFSET;
  public static final int TYPE_OFFSET = RecordDescriptor.TYPE_OFFSET;
  public static final int CORRELATION_OFFSET = 8;
  public static final int DEADLINE_OFFSET = 16;
  public static final int HANDLE_OFFSET = 24;
  public static final int OPERATION_OFFSET = 28;
  public static final int FLAGS_OFFSET = 32;
  public static final int PRIORITY_OFFSET = 36;
  public static final int STATUS_OFFSET = 40;
  public static final int PAYLOAD_BYTES_OFFSET = 44;
  public static final int REPLY_LIMIT_OFFSET = 48;

  /** In a RESPONSE, where a REQUEST has its reply limit. */
  public static final int DEVICE_CODE_OFFSET = REPLY_LIMIT_OFFSET;

  /** In a device code's place, of an OK from a worker: a part was computed outside the device. */
  public static final int COMPUTED_OUTSIDE = 1;

  /** There, too: the worker holds nothing for the request's session any more. */
  public static final int HOLDS_NOTHING = 2;

  public static final int CREDIT_OFFSET = 52;
  public static final int PART_OFFSET = 56;
  public static final int EPOCH_OFFSET = 60;
  public static final int HEADER_BYTES = 64;

  public static final int TYPE_REQUEST = 1;
  public static final int TYPE_RESPONSE = 2;
  public static final int TYPE_CREDIT = 3;
  public static final int TYPE_CANCEL = 4;
  public static final int TYPE_BIND = 16;
  public static final int TYPE_SESSION_CLOSED = 17;
  public static final int TYPE_GOAWAY = 18;

  /** The most urgent class: for which some lanes of a worker may be kept. */
  public static final int PRIORITY_INTERACTIVE = 0;

  public static final int FLAG_IDEMPOTENT = 1;
  public static final int FLAG_MORE = 1 << 1;
  public static final int FLAG_STREAM = 1 << 2;
  public static final int FLAG_TRACE = 1 << 3;
  public static final int FLAG_INPUT = 1 << 4;
  public static final int FLAG_OUTPUT = 1 << 5;
  public static final int FLAG_SESSION = 1 << 6;
  public static final int FLAG_RETRIED = 1 << 7;
  public static final int FLAG_RESUBMITTED = 1 << 8;

  /** What a client may set in a REQUEST. */
  public static final int REQUEST_FLAGS =
      FLAG_IDEMPOTENT | FLAG_STREAM | FLAG_TRACE | FLAG_INPUT | FLAG_OUTPUT | FLAG_RESUBMITTED;

  public static final int TRACE_BYTES = 48;
  public static final int TRACE_SUBMITTED = 0;
  public static final int TRACE_RECEIVED = 8;
  public static final int TRACE_DISPATCHED = 16;
  public static final int TRACE_STARTED = 24;
  public static final int TRACE_FINISHED = 32;
  public static final int TRACE_ANSWERED = 40;

  public static final int REFERENCE_BYTES = 24;
  public static final int REFERENCE_SEGMENT = 0;
  public static final int REFERENCE_GENERATION = 4;
  public static final int REFERENCE_OFFSET = 8;
  public static final int REFERENCE_LENGTH = 16;

  public static final int SESSION_BYTES = 8;

  /** Bytes of an answer's payload that always fit, so that an error can say what it means. */
  public static final int MIN_REPLY_BYTES = 192;

  public static final int MAX_BLOCK_BYTES = TRACE_BYTES + 2 * REFERENCE_BYTES + SESSION_BYTES;

  private FrameDescriptor() {}

  /** Bytes of the blocks that {@code flags} announce. */
  public static int blockBytes(int flags) {
    int bytes = 0;
    if ((flags & FLAG_TRACE) != 0) {
      bytes += TRACE_BYTES;
    }
    if ((flags & FLAG_INPUT) != 0) {
      bytes += REFERENCE_BYTES;
    }
    if ((flags & FLAG_OUTPUT) != 0) {
      bytes += REFERENCE_BYTES;
    }
    if ((flags & FLAG_SESSION) != 0) {
      bytes += SESSION_BYTES;
    }
    return bytes;
  }

  public static int payloadOffset(int flags) {
    return HEADER_BYTES + blockBytes(flags);
  }

  /** Where the INPUT block stands; only if its flag is set. */
  public static int inputOffset(int flags) {
    return HEADER_BYTES + blockBytes(flags & FLAG_TRACE);
  }

  /** Where the OUTPUT block stands; only if its flag is set. */
  public static int outputOffset(int flags) {
    return HEADER_BYTES + blockBytes(flags & (FLAG_TRACE | FLAG_INPUT));
  }

  /** Where the SESSION block stands; only if its flag is set. */
  public static int sessionOffset(int flags) {
    return HEADER_BYTES + blockBytes(flags & (FLAG_TRACE | FLAG_INPUT | FLAG_OUTPUT));
  }

  /** Longest record of a link whose payloads are at most {@code maxInlineBytes}. */
  public static int maxRecordBytes(int maxInlineBytes) {
    return HEADER_BYTES + MAX_BLOCK_BYTES + maxInlineBytes;
  }

  /** Ring bytes that one RESPONSE record to a request with these fields may take. */
  public static int replyReservation(int flags, int replyLimit) {
    int trace = (flags & FLAG_TRACE) != 0 ? TRACE_BYTES : 0;
    int output = (flags & FLAG_OUTPUT) != 0 ? REFERENCE_BYTES : 0;
    return RecordDescriptor.align(
        HEADER_BYTES + trace + output + Math.max(replyLimit, MIN_REPLY_BYTES));
  }

  /** How many bytes of replies a session may have reserved: a lap's padding needs the rest. */
  public static int replyBudget(int responseRingBytes, int maxInlineBytes) {
    return responseRingBytes - RecordDescriptor.align(maxRecordBytes(maxInlineBytes));
  }

  public static int slotOf(long correlation) {
    return (int) correlation & 0xFFFF;
  }

  /** Bit number of the permission that an operation needs. */
  public static int permissionBitOf(int operation) {
    return operation >>> 16;
  }
}
