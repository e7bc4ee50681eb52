// SPDX-License-Identifier: Apache-2.0
package io.berth.client.peer;

import java.nio.ByteBuffer;

/** A frame that the peer took out of the request ring. */
public final class Frame {
  public int type;
  public long correlation;
  public long deadlineNanos;
  public int handle;
  public int operation;
  public int flags;
  public int priority;
  public int replyLimit;
  public int credit;
  public long inputSegment;
  public long inputOffset;
  public long inputLength;
  public long outputSegment;
  public long outputOffset;
  public long outputLength;
  public byte[] payload;

  static Frame of(ByteBuffer memory, int at) {
    Frame frame = new Frame();
    frame.type = memory.getInt(at + 4);
    frame.correlation = memory.getLong(at + 8);
    frame.deadlineNanos = memory.getLong(at + 16);
    frame.handle = memory.getInt(at + 24);
    frame.operation = memory.getInt(at + 28);
    frame.flags = memory.getInt(at + 32);
    frame.priority = memory.getInt(at + 36);
    int payloadBytes = memory.getInt(at + 44);
    frame.replyLimit = memory.getInt(at + 48);
    frame.credit = memory.getInt(at + 52);
    int next = at + 64 + ((frame.flags & 8) != 0 ? 48 : 0);
    if ((frame.flags & 16) != 0) {
      frame.inputSegment = memory.getInt(next);
      frame.inputOffset = memory.getLong(next + 8);
      frame.inputLength = memory.getLong(next + 16);
      next += 24;
    }
    if ((frame.flags & 32) != 0) {
      frame.outputSegment = memory.getInt(next);
      frame.outputOffset = memory.getLong(next + 8);
      frame.outputLength = memory.getLong(next + 16);
      next += 24;
    }
    frame.payload = new byte[payloadBytes];
    ByteBuffer view = memory.duplicate();
    view.position(next);
    view.get(frame.payload);
    if (memory.getInt(at) != next - at + payloadBytes) {
      throw new AssertionError(
          "record of " + memory.getInt(at) + " bytes for " + (next - at) + " + " + payloadBytes);
    }
    return frame;
  }

  public boolean isIdempotent() {
    return (flags & 1) != 0;
  }

  public boolean isResubmitted() {
    return (flags & 256) != 0;
  }
}
