// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.link;

import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;

/** Mapped memory of the broker's making. After {@link #close} touching it crashes the process. */
public final class Mapping implements AutoCloseable {
  private final long address;
  private final long bytes;
  private boolean closed;

  private Mapping(long address, long bytes) {
    this.address = address;
    this.bytes = bytes;
  }

  /**
   * Maps all of a memory file, with its pages present and out of core dumps. The descriptor may be
   * closed afterwards.
   *
   * @param leastBytes what the sender said; a smaller file is refused, as touching what is beyond
   *     its end would be a SIGBUS
   */
  public static Mapping of(String what, int fd, long leastBytes, boolean writable)
      throws OsException {
    long bytes = OsException.check("fstat(" + what + ")", Memory.size(fd));
    if (bytes < leastBytes || bytes == 0) {
      throw new IllegalArgumentException(
          what + ": expected >= " + leastBytes + " bytes, found " + bytes);
    }
    int protection = writable ? Memory.PROT_READ | Memory.PROT_WRITE : Memory.PROT_READ;
    long address =
        OsException.check(
            "mmap(" + what + ", " + bytes + ")", Memory.map(fd, 0, bytes, protection, true));
    Memory.advise(address, bytes, Memory.MADV_DONTDUMP);
    return new Mapping(address, bytes);
  }

  public long address() {
    return address;
  }

  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Memory.unmap(address, bytes);
    }
  }
}
