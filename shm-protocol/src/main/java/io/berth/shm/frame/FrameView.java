// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static io.berth.shm.frame.FrameDescriptor.*;

import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;

/**
 * The fields of one frame where it stands, for the paths that every request takes.
 *
 * <p>{@link #at} checks once that the whole record lies in its buffer; the fields are then read and
 * written without a further look, and {@link #copyBody} stays inside of both records. What the
 * fields say is believed no more than before: in foreign memory they may change at any time, so
 * each is loaded once and checked.
 *
 * <p>Only for memory outside the heap. One thread. Allocates nothing.
 */
public final class FrameView {
  /** Up to this length a loop is faster than calling the virtual machine's copy. */
  private static final int SHORT_COPY_BYTES = 64;

  private long address;
  private int length;

  /**
   * Moves to a record.
   *
   * @param buffer outside the heap
   * @param recordBytes at least a header
   * @throws IndexOutOfBoundsException if the buffer does not hold the record
   * @throws IllegalArgumentException if it is shorter than a header, or on the heap
   */
  public FrameView at(DirectBuffer buffer, int index, int recordBytes) {
    buffer.boundsCheck(index, recordBytes);
    if (recordBytes < HEADER_BYTES || buffer.byteArray() != null) {
      throw new IllegalArgumentException(
          buffer.byteArray() != null
              ? "a frame on the heap"
              : "frame of " + recordBytes + " bytes");
    }
    address = buffer.addressOffset() + index;
    length = recordBytes;
    return this;
  }

  public int length() {
    return length;
  }

  public long correlation() {
    return UnsafeApi.getLong(address + CORRELATION_OFFSET);
  }

  public long deadlineNanos() {
    return UnsafeApi.getLong(address + DEADLINE_OFFSET);
  }

  public int handle() {
    return UnsafeApi.getInt(address + HANDLE_OFFSET);
  }

  public int operation() {
    return UnsafeApi.getInt(address + OPERATION_OFFSET);
  }

  public int flags() {
    return UnsafeApi.getInt(address + FLAGS_OFFSET);
  }

  public int priority() {
    return UnsafeApi.getInt(address + PRIORITY_OFFSET);
  }

  public FrameView priority(int priority) {
    UnsafeApi.putInt(address + PRIORITY_OFFSET, priority);
    return this;
  }

  public int status() {
    return UnsafeApi.getInt(address + STATUS_OFFSET);
  }

  public int payloadBytes() {
    return UnsafeApi.getInt(address + PAYLOAD_BYTES_OFFSET);
  }

  public int replyLimit() {
    return UnsafeApi.getInt(address + REPLY_LIMIT_OFFSET);
  }

  /** Of a RESPONSE: the device library's own return code, or 0. */
  public int deviceCode() {
    return UnsafeApi.getInt(address + DEVICE_CODE_OFFSET);
  }

  public FrameView deviceCode(int code) {
    UnsafeApi.putInt(address + DEVICE_CODE_OFFSET, code);
    return this;
  }

  public int credit() {
    return UnsafeApi.getInt(address + CREDIT_OFFSET);
  }

  public FrameView credit(int credit) {
    UnsafeApi.putInt(address + CREDIT_OFFSET, credit);
    return this;
  }

  public int part() {
    return UnsafeApi.getInt(address + PART_OFFSET);
  }

  public int epoch() {
    return UnsafeApi.getInt(address + EPOCH_OFFSET);
  }

  /**
   * Writes the header of a request, but for length and type, which the ring's claim has written.
   */
  public void putRequest(
      long correlation,
      long deadlineNanos,
      int handle,
      int operation,
      int flags,
      int priority,
      int payloadBytes,
      int replyLimit,
      int credit,
      int epoch) {
    long to = address;
    UnsafeApi.putLong(to + CORRELATION_OFFSET, correlation);
    UnsafeApi.putLong(to + DEADLINE_OFFSET, deadlineNanos);
    UnsafeApi.putInt(to + HANDLE_OFFSET, handle);
    UnsafeApi.putInt(to + OPERATION_OFFSET, operation);
    UnsafeApi.putInt(to + FLAGS_OFFSET, flags);
    UnsafeApi.putInt(to + PRIORITY_OFFSET, priority);
    UnsafeApi.putInt(to + STATUS_OFFSET, 0);
    UnsafeApi.putInt(to + PAYLOAD_BYTES_OFFSET, payloadBytes);
    UnsafeApi.putInt(to + REPLY_LIMIT_OFFSET, replyLimit);
    UnsafeApi.putInt(to + CREDIT_OFFSET, credit);
    UnsafeApi.putInt(to + PART_OFFSET, 0);
    UnsafeApi.putInt(to + EPOCH_OFFSET, epoch);
  }

  /** Writes the header of a response, but for length and type. */
  public void putResponse(
      long correlation,
      int handle,
      int operation,
      int flags,
      int status,
      int part,
      int payloadBytes,
      int epoch) {
    long to = address;
    UnsafeApi.putLong(to + CORRELATION_OFFSET, correlation);
    UnsafeApi.putLong(to + DEADLINE_OFFSET, 0);
    UnsafeApi.putInt(to + HANDLE_OFFSET, handle);
    UnsafeApi.putInt(to + OPERATION_OFFSET, operation);
    UnsafeApi.putInt(to + FLAGS_OFFSET, flags);
    UnsafeApi.putInt(to + PRIORITY_OFFSET, 0);
    UnsafeApi.putInt(to + STATUS_OFFSET, status);
    UnsafeApi.putInt(to + PAYLOAD_BYTES_OFFSET, payloadBytes);
    UnsafeApi.putLong(to + REPLY_LIMIT_OFFSET, 0);
    UnsafeApi.putInt(to + PART_OFFSET, part);
    UnsafeApi.putInt(to + EPOCH_OFFSET, epoch);
  }

  /**
   * Writes a time into the TRACE block, which is the first behind the header.
   *
   * @param which offset in the block, {@link FrameDescriptor#TRACE_RECEIVED} and the like
   */
  public void stamp(int which, long nanos) {
    if (which < 0 || which > length - HEADER_BYTES - Long.BYTES) {
      throw new IndexOutOfBoundsException("stamp at " + which + " of a record of " + length);
    }
    UnsafeApi.putLong(address + HEADER_BYTES + which, nanos);
  }

  /**
   * The length in the OUTPUT block.
   *
   * @param flags of this frame, loaded before; OUTPUT is among them
   */
  public long outputLength(int flags) {
    return UnsafeApi.getLong(outputBlock(flags) + REFERENCE_LENGTH);
  }

  /**
   * Writes the OUTPUT block of an answer: the one that the request named, but for its length.
   *
   * @param flags of this frame
   * @param requestFlags of the request
   * @param writtenBytes as much of the block as the answer is about
   */
  public void putOutput(int flags, FrameView request, int requestFlags, long writtenBytes) {
    copy(request, outputOffset(requestFlags), outputOffset(flags), REFERENCE_LENGTH);
    UnsafeApi.putLong(outputBlock(flags) + REFERENCE_LENGTH, writtenBytes);
  }

  private long outputBlock(int flags) {
    int offset = outputOffset(flags);
    if (offset > length - REFERENCE_BYTES) {
      throw new IndexOutOfBoundsException("OUTPUT at " + offset + " of a record of " + length);
    }
    return address + offset;
  }

  /** Copies a whole record, header included, from another's place to this. */
  public void copyRecord(FrameView from) {
    copy(from, 0, 0, length);
  }

  /** Copies bytes that follow the other's header to behind this one's. */
  public void copyBody(FrameView from, int bytes) {
    copy(from, HEADER_BYTES, HEADER_BYTES, bytes);
  }

  /**
   * Copies bytes from one place of another frame to one of this.
   *
   * @throws IndexOutOfBoundsException if either record is too short
   */
  public void copy(FrameView from, int fromOffset, int toOffset, int bytes) {
    if ((fromOffset | toOffset | bytes) < 0
        || bytes > from.length - fromOffset
        || bytes > length - toOffset) {
      throw new IndexOutOfBoundsException(
          bytes
              + " bytes from "
              + fromOffset
              + " of "
              + from.length
              + " to "
              + toOffset
              + " of "
              + length);
    }
    long source = from.address + fromOffset;
    long target = address + toOffset;
    if (bytes > SHORT_COPY_BYTES || (bytes & 7) != 0) {
      UnsafeApi.copyMemory(source, target, bytes);
      return;
    }
    for (int at = 0; at < bytes; at += 8) {
      UnsafeApi.putLong(target + at, UnsafeApi.getLong(source + at));
    }
  }
}
