// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Memory;
import io.berth.client.wire.Doorbell;

/**
 * An open file descriptor that is closed at most once, so that a number which the kernel has given
 * to somebody else meanwhile is never closed or written.
 *
 * <p>{@link #close()} waits for no user: whoever closes makes sure that nobody is inside a call.
 */
public final class Descriptor implements Doorbell, AutoCloseable {
  // Written by one thread at a time (each doorbell's owner); shared contents do not matter: it is
  // always one zero byte.
  private static final Memory ONE_BYTE = zeroByte();

  private int number;

  Descriptor(int number) {
    this.number = number;
  }

  /** The number, for poll. */
  public synchronized int number() {
    if (number < 0) {
      throw new IllegalStateException("descriptor used after it was closed");
    }
    return number;
  }

  /**
   * Writes one byte without waiting.
   *
   * @return false if the other end is gone; a full pipe counts as rung
   */
  @Override
  public boolean ring() {
    long written = LibC.write(number(), com.sun.jna.Pointer.nativeValue(ONE_BYTE), 1);
    return written == 1 || LibC.lastError() == LibC.EAGAIN || LibC.lastError() == LibC.EINTR;
  }

  /** Ends a socket's connection, if it is still open here. */
  synchronized void shutdown() {
    if (number >= 0) {
      LibC.shutdown(number, LibC.SHUT_RDWR);
    }
  }

  synchronized boolean isOpen() {
    return number >= 0;
  }

  /** Asks the kernel how long the file is. */
  long fileBytes() throws SystemCallException {
    long bytes = LibC.lseek(number(), 0, LibC.SEEK_END);
    if (bytes < 0) {
      throw new SystemCallException("lseek of a descriptor that the broker passed");
    }
    return bytes;
  }

  boolean sealedAgainstShrinking() {
    int seals = LibC.fcntl(number(), LibC.F_GET_SEALS);
    return seals >= 0 && (seals & LibC.F_SEAL_SHRINK) != 0;
  }

  @Override
  public synchronized void close() {
    if (number >= 0) {
      LibC.close(number);
      number = -1;
    }
  }

  private static Memory zeroByte() {
    Memory memory = new Memory(1);
    memory.setByte(0, (byte) 0);
    return memory;
  }
}
