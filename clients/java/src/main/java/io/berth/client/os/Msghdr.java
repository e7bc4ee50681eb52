// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * The kernel's {@code struct msghdr} and {@code struct iovec} on 64-bit Linux.
 *
 * <pre>
 *  0 name   8 namelen (int)   16 iov   24 iovlen   32 control   40 controllen   48 flags (int)   56
 * </pre>
 */
final class Msghdr {
  static final int BYTES = 56;

  private Msghdr() {}

  static void set(
      Memory header,
      Memory vector,
      Memory data,
      long dataBytes,
      Memory control,
      long controlBytes) {
    vector.setLong(0, Pointer.nativeValue(data));
    vector.setLong(8, dataBytes);
    header.clear();
    header.setLong(16, Pointer.nativeValue(vector));
    header.setLong(24, 1);
    header.setLong(32, control == null ? 0 : Pointer.nativeValue(control));
    header.setLong(40, controlBytes);
  }

  static long controlBytes(Memory header) {
    return header.getLong(40);
  }

  static int flags(Memory header) {
    return header.getInt(48);
  }
}
