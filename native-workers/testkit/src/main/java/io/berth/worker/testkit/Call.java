// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import static io.berth.shm.frame.FrameDescriptor.*;

import java.util.Arrays;

/** A REQUEST to be sent to a worker. Immutable; each {@code with} makes another. */
public final class Call {
  /** A place in a segment. */
  public record Block(int segment, int generation, long offset, long length) {}

  final int operation;
  final byte[] payload;
  final int target;
  final int flags;
  final long deadlineNanos;
  final int replyLimit;
  final int credit;
  final Block input;
  final Block output;
  final long session;
  final int priority;

  private Call(
      int operation,
      byte[] payload,
      int target,
      int flags,
      long deadlineNanos,
      int replyLimit,
      int credit,
      Block input,
      Block output,
      long session,
      int priority) {
    this.operation = operation;
    this.payload = payload;
    this.target = target;
    this.flags = flags;
    this.deadlineNanos = deadlineNanos;
    this.replyLimit = replyLimit;
    this.credit = credit;
    this.input = input;
    this.output = output;
    this.session = session;
    this.priority = priority;
  }

  /** Without deadline, of target 0, with as long an answer as there may be. */
  public static Call of(int operation, byte... payload) {
    return new Call(operation, payload.clone(), 0, 0, 0, Integer.MAX_VALUE, 0, null, null, 0, 0);
  }

  public int operation() {
    return operation;
  }

  public byte[] payload() {
    return payload.clone();
  }

  public boolean isStream() {
    return (flags & FLAG_STREAM) != 0;
  }

  public Call withPayload(byte... other) {
    return new Call(
        operation,
        Arrays.copyOf(other, other.length),
        target,
        flags,
        deadlineNanos,
        replyLimit,
        credit,
        input,
        output,
        session,
        priority);
  }

  /** The number that a BIND announced. */
  public Call withTarget(int number) {
    return with(number, flags, deadlineNanos, replyLimit, credit, input, output, session);
  }

  /** On the broker's clock; 0 for none. */
  public Call withDeadline(long nanos) {
    return with(target, flags, nanos, replyLimit, credit, input, output, session);
  }

  public Call withReplyLimit(int bytes) {
    return with(target, flags, deadlineNanos, bytes, credit, input, output, session);
  }

  /** Asks for a stream, with room for that many parts. */
  public Call withStream(int parts) {
    return with(
        target, flags | FLAG_STREAM, deadlineNanos, replyLimit, parts, input, output, session);
  }

  /** Asks for one answer. */
  public Call withoutStream() {
    return with(target, flags & ~FLAG_STREAM, deadlineNanos, replyLimit, 0, input, output, session);
  }

  public Call withTrace() {
    return with(
        target, flags | FLAG_TRACE, deadlineNanos, replyLimit, credit, input, output, session);
  }

  /** As given to an earlier worker before. */
  public Call withRetried() {
    return with(
        target, flags | FLAG_RETRIED, deadlineNanos, replyLimit, credit, input, output, session);
  }

  /** 0 interactive, 1 normal, 2 bulk, 3 background. */
  public Call withPriority(int number) {
    return new Call(
        operation,
        payload,
        target,
        flags,
        deadlineNanos,
        replyLimit,
        credit,
        input,
        output,
        session,
        number);
  }

  public Call withSession(long number) {
    return with(
        target, flags | FLAG_SESSION, deadlineNanos, replyLimit, credit, input, output, number);
  }

  /** Names the block that the worker reads. */
  public Call withInput(Block block) {
    return with(
        target, flags | FLAG_INPUT, deadlineNanos, replyLimit, credit, block, output, session);
  }

  /** Names the block that the worker may write. */
  public Call withOutput(Block block) {
    return with(
        target, flags | FLAG_OUTPUT, deadlineNanos, replyLimit, credit, input, block, session);
  }

  private Call with(
      int newTarget,
      int newFlags,
      long newDeadline,
      int newLimit,
      int newCredit,
      Block newInput,
      Block newOutput,
      long newSession) {
    return new Call(
        operation,
        payload,
        newTarget,
        newFlags,
        newDeadline,
        newLimit,
        newCredit,
        newInput,
        newOutput,
        newSession,
        priority);
  }
}
