// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/**
 * What to ask of a resource. Fluent and reusable: a caller that wants no allocation keeps one per
 * thread and changes its payload between calls.
 *
 * <p>Payloads are taken by reference. A blocking call needs them unchanged until it returns; {@code
 * submit}, {@code callAll} and {@code stream} copy them first. Not safe for several threads at
 * once.
 */
public final class Request {
  private static final byte[] NOTHING = new byte[0];
  static final long DEFAULT_TIMEOUT_NANOS = 1_000_000_000L;

  private final int operation;
  private byte[] array = NOTHING;
  private int offset;
  private int length;
  private ByteBuffer buffer;
  private boolean idempotent;
  private boolean traced;
  private Priority priority = Priority.NORMAL;
  private long timeoutNanos = DEFAULT_TIMEOUT_NANOS;
  private int replyLimit = -1;
  private Block input;
  private Block output;

  private Request(int operation) {
    this.operation = operation;
  }

  /**
   * A request with an empty payload, normal priority and a time-out of one second.
   *
   * @param operation as {@link Permission#operation(int)} makes it
   */
  public static Request of(int operation) {
    return new Request(operation);
  }

  /** The whole array is the payload. */
  public Request payload(byte[] bytes) {
    return payload(bytes, 0, bytes.length);
  }

  /** A part of an array is the payload. */
  public Request payload(byte[] bytes, int from, int count) {
    if (from < 0 || count < 0 || count > bytes.length - from) {
      throw new IndexOutOfBoundsException(
          "payload: " + count + " bytes from " + from + " of " + bytes.length);
    }
    array = bytes;
    offset = from;
    length = count;
    buffer = null;
    return this;
  }

  /** What remains in the buffer when the call begins is the payload; its position does not move. */
  public Request payload(ByteBuffer bytes) {
    buffer = bytes;
    array = NOTHING;
    return this;
  }

  /**
   * Allows a second execution: after the loss of a worker or of the broker the request is sent
   * again, as long as it has time, instead of ending with {@link OutcomeUnknownException}.
   */
  public Request idempotent() {
    return idempotent(true);
  }

  /** See {@link #idempotent()}. */
  public Request idempotent(boolean allowed) {
    idempotent = allowed;
    return this;
  }

  /** Which queue to wait in. */
  public Request priority(Priority wanted) {
    priority = wanted;
    return this;
  }

  /** How long to wait for the answer in all, whatever happens; one second if not said. */
  public Request timeout(Duration time) {
    return timeoutNanos(time.toNanos());
  }

  /** As {@link #timeout(Duration)}, in nanoseconds. */
  public Request timeoutNanos(long nanos) {
    if (nanos <= 0) {
      throw new IllegalArgumentException("time-out of " + nanos + " ns: expected more than 0");
    }
    timeoutNanos = nanos;
    return this;
  }

  /**
   * The longest reply payload that is taken, in bytes; reply space of that size is reserved, so a
   * small limit lets more requests be in flight. Not said: as much as the broker sends inline (4
   * KiB by default).
   */
  public Request replyLimit(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("reply limit of " + bytes + " bytes: expected 0 or more");
    }
    replyLimit = bytes;
    return this;
  }

  /** Shared memory that the worker reads; null for none. */
  public Request input(Block block) {
    input = block;
    return this;
  }

  /** Shared memory that the worker writes; null for none. */
  public Request output(Block block) {
    output = block;
    return this;
  }

  /** Asks for the moments of the request's stages: see {@link Reply#traceNanos}. */
  public Request traced(boolean wanted) {
    traced = wanted;
    return this;
  }

  int operation() {
    return operation;
  }

  int payloadBytes() {
    return buffer == null ? length : buffer.remaining();
  }

  byte[] array() {
    return array;
  }

  int arrayOffset() {
    return offset;
  }

  ByteBuffer buffer() {
    return buffer;
  }

  boolean mayBeRepeated() {
    return idempotent;
  }

  boolean isTraced() {
    return traced;
  }

  int priorityNumber() {
    return priority.number();
  }

  long timeoutNanos() {
    return timeoutNanos;
  }

  int replyLimitOr(int maxInlineBytes) {
    return replyLimit < 0 ? maxInlineBytes : replyLimit;
  }

  Block input() {
    return input;
  }

  Block output() {
    return output;
  }

  /** A copy that the application cannot change any more. */
  Request privateCopy() {
    Request copy = new Request(operation);
    if (buffer == null) {
      copy.payload(Arrays.copyOfRange(array, offset, offset + length));
    } else {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      copy.payload(bytes);
    }
    copy.idempotent = idempotent;
    copy.traced = traced;
    copy.priority = priority;
    copy.timeoutNanos = timeoutNanos;
    copy.replyLimit = replyLimit;
    copy.input = input;
    copy.output = output;
    return copy;
  }

  String describe() {
    return "operation " + (operation >>> 16) + "/" + (operation & 0xFFFF);
  }
}
