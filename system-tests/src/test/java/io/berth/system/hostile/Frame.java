// SPDX-License-Identifier: Apache-2.0
package io.berth.system.hostile;

import io.berth.shm.frame.FrameDescriptor;

/** Fields of a frame, every one of them free. */
public final class Frame {
  int length = FrameDescriptor.HEADER_BYTES;
  int type = FrameDescriptor.TYPE_REQUEST;
  long correlation;
  long deadlineNanos;
  int handle;
  int operation;
  int flags;
  int priority = 1;
  int payloadBytes;
  int replyLimit = 256;
  int credit;
  byte[] body = new byte[0];

  public Frame(int handle, int operation) {
    this.handle = handle;
    this.operation = operation;
  }

  public Frame type(int value) {
    type = value;
    return this;
  }

  public Frame length(int value) {
    length = value;
    return this;
  }

  public Frame correlation(long value) {
    correlation = value;
    return this;
  }

  public Frame deadlineNanos(long value) {
    deadlineNanos = value;
    return this;
  }

  public Frame flags(int value) {
    flags = value;
    return this;
  }

  public Frame priority(int value) {
    priority = value;
    return this;
  }

  public Frame payloadBytes(int value) {
    payloadBytes = value;
    return this;
  }

  public Frame replyLimit(int value) {
    replyLimit = value;
    return this;
  }

  public Frame credit(int value) {
    credit = value;
    return this;
  }

  /** Blocks and payload, with a length that fits. */
  public Frame body(byte[] blocks, byte[] payload) {
    body = new byte[blocks.length + payload.length];
    System.arraycopy(blocks, 0, body, 0, blocks.length);
    System.arraycopy(payload, 0, body, blocks.length, payload.length);
    payloadBytes = payload.length;
    length = FrameDescriptor.HEADER_BYTES + body.length;
    return this;
  }
}
