// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;

/**
 * A {@code struct msghdr} of 64-bit Linux with everything that it points to, in one piece of native
 * memory.
 *
 * <pre>
 * header:  0 name   8 namelen (int)   16 iov   24 iovlen   32 control   40 controllen   48 flags (int)
 * then:   56 iovec (base, length)   72 control data   then: payload
 * </pre>
 *
 * One piece, because JNA frees a {@code Memory} as soon as the collector finds it unreachable, and
 * an address inside another one does not keep it reachable: the kernel would then read, or write,
 * somebody else's memory.
 */
final class Msghdr {
  private static final int FLAGS = 48;
  private static final int CONTROL_LENGTH = 40;
  private static final int VECTOR = 56;
  private static final int CONTROL = 72;

  private final Memory memory;
  private final int controlCapacity;
  private final int payloadAt;
  private final int payloadCapacity;

  /**
   * Allocates.
   *
   * @param controlCapacity a multiple of 8
   */
  Msghdr(int controlCapacity, int payloadCapacity) {
    this.controlCapacity = controlCapacity;
    this.payloadAt = CONTROL + controlCapacity;
    this.payloadCapacity = payloadCapacity;
    this.memory = new Memory((long) payloadAt + payloadCapacity);
  }

  long send(int fd, ByteBuffer message, int flags) {
    int length = message.remaining();
    byte[] copy = new byte[length];
    message.get(copy);
    memory.write(payloadAt, copy, 0, length);
    prepare(length, false);
    long sent = LibC.sendmsg(fd, Pointer.nativeValue(memory), flags);
    keepReachable();
    return sent;
  }

  long receive(int fd, int flags) {
    prepare(payloadCapacity, true);
    long received = LibC.recvmsg(fd, Pointer.nativeValue(memory), flags);
    keepReachable();
    return received;
  }

  private void prepare(int payloadBytes, boolean withControl) {
    long address = Pointer.nativeValue(memory);
    memory.clear(CONTROL);
    memory.setLong(VECTOR, address + payloadAt);
    memory.setLong(VECTOR + 8, payloadBytes);
    memory.setLong(16, address + VECTOR);
    memory.setLong(24, 1);
    if (withControl) {
      memory.setLong(32, address + CONTROL);
      memory.setLong(CONTROL_LENGTH, controlCapacity);
    }
  }

  // Java 8 has no reachabilityFence; a read that the compiler cannot move before the native call
  // does the same.
  private void keepReachable() {
    memory.getByte(0);
  }

  byte[] payload(int count) {
    return memory.getByteArray(payloadAt, count);
  }

  int flags() {
    return memory.getInt(FLAGS);
  }

  long controlBytes() {
    return memory.getLong(CONTROL_LENGTH);
  }

  long controlLong(long at) {
    return memory.getLong(CONTROL + at);
  }

  int controlInt(long at) {
    return memory.getInt(CONTROL + at);
  }
}
