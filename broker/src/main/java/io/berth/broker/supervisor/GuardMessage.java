// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A message between broker and guard; the layout is that of {@code c-src/guard/guard_protocol.h}.
 *
 * @param kind one of the constants here
 * @param incarnation which life of the worker
 * @param pid depends on the kind
 * @param status depends on the kind
 * @param name of the guard
 * @param text for people
 */
record GuardMessage(int kind, int incarnation, int pid, int status, String name, String text) {
  static final int BYTES = 256;

  static final int HELLO = 1;
  static final int STARTED = 2;
  static final int EXITED = 3;
  static final int GONE = 4;
  static final int LOCK_BUSY = 5;
  static final int STUCK = 6;
  static final int UNLOCKED = 8;
  static final int START_FAILED = 9;
  static final int REFUSED = 10;

  static final int ORDER_START = 65;
  static final int ORDER_KILL = 66;
  static final int ORDER_SHUTDOWN = 67;
  static final int ORDER_UNLOCK = 68;
  static final int ORDER_STOP = 70;

  /** HELLO's status bits. */
  static final int HELLO_WORKER_ENDING = 2;

  static final int HELLO_WORKER_STUCK = 4;

  private static final int MAGIC = 0x44475242;
  private static final int VERSION = 1;
  private static final int NAME_OFFSET = 32;
  private static final int NAME_BYTES = 64;
  private static final int TEXT_OFFSET = 96;
  private static final int TEXT_BYTES = 160;

  static GuardMessage order(int kind, int incarnation, String name) {
    return new GuardMessage(kind, incarnation, 0, 0, name, "");
  }

  /** Of a HELLO: the worker is being stopped or killed; GONE follows. */
  boolean isEnding() {
    return (status & (HELLO_WORKER_ENDING | HELLO_WORKER_STUCK)) != 0;
  }

  /** Of a HELLO: the worker cannot be killed. */
  boolean isStuck() {
    return (status & HELLO_WORKER_STUCK) != 0;
  }

  void encode(ByteBuffer out) {
    out.clear();
    out.order(ByteOrder.nativeOrder());
    for (int i = 0; i < BYTES; i++) {
      out.put(i, (byte) 0);
    }
    out.putInt(MAGIC).putInt(VERSION).putInt(kind).putInt(incarnation).putInt(pid).putInt(status);
    out.putLong(System.nanoTime());
    out.put(NAME_OFFSET, Arrays.copyOf(name.getBytes(UTF_8), NAME_BYTES - 1));
    out.limit(BYTES).position(0);
  }

  /** The message, or null if the bytes are none. */
  static GuardMessage decode(ByteBuffer in) {
    if (in.remaining() != BYTES) {
      return null;
    }
    ByteBuffer message = in.slice().order(ByteOrder.nativeOrder());
    if (message.getInt(0) != MAGIC || message.getInt(4) != VERSION) {
      return null;
    }
    return new GuardMessage(
        message.getInt(8),
        message.getInt(12),
        message.getInt(16),
        message.getInt(20),
        text(message, NAME_OFFSET, NAME_BYTES),
        text(message, TEXT_OFFSET, TEXT_BYTES));
  }

  private static String text(ByteBuffer message, int offset, int bytes) {
    byte[] padded = new byte[bytes];
    message.get(offset, padded);
    int length = 0;
    while (length < bytes && padded[length] != 0) {
      length++;
    }
    return new String(padded, 0, length, UTF_8);
  }
}
