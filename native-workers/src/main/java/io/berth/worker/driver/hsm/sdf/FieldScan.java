// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import org.agrona.DirectBuffer;

/**
 * Finds one number in a protobuf message without parsing or copying it: the thread that reads the
 * ring asks which lane a request needs, and must not take long over it. A message that makes no
 * sense has no number here; whoever executes it says what is wrong.
 */
final class FieldScan {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final DirectBuffer message;
  private final int end;
  private int at;

  private FieldScan(DirectBuffer message, int from, int end) {
    this.message = message;
    this.at = from;
    this.end = end;
  }

  /** The varint of that field, or 0. */
  static long number(DirectBuffer message, int field) {
    return new FieldScan(message, 0, message.capacity()).find(field);
  }

  /** The varint of that field in the message that is field {@code outer}, or 0. */
  static long numberIn(DirectBuffer message, int outer, int field) {
    FieldScan scan = new FieldScan(message, 0, message.capacity());
    while (scan.at < scan.end) {
      long tag = scan.varint();
      if (tag == ((long) outer << 3 | BYTES)) {
        long bytes = scan.varint();
        if (bytes < 0 || bytes > scan.end - scan.at) {
          return 0;
        }
        return new FieldScan(message, scan.at, scan.at + (int) bytes).find(field);
      }
      if (!scan.skip(tag)) {
        return 0;
      }
    }
    return 0;
  }

  private long find(int field) {
    while (at < end) {
      long tag = varint();
      if (tag == ((long) field << 3 | VARINT)) {
        return varint();
      }
      if (!skip(tag)) {
        return 0;
      }
    }
    return 0;
  }

  private boolean skip(long tag) {
    long bytes;
    switch ((int) tag & 7) {
      case VARINT -> {
        varint();
        bytes = 0;
      }
      case FIXED64 -> bytes = 8;
      case BYTES -> bytes = varint();
      case FIXED32 -> bytes = 4;
      default -> {
        return false;
      }
    }
    if (bytes < 0 || bytes > end - at) {
      return false;
    }
    at += (int) bytes;
    return true;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && at < end; shift += 7) {
      byte next = message.getByte(at++);
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    at = end;
    return 0;
  }
}
