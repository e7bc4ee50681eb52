// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Shared memory of the broker's, mapped here.
 *
 * <p>Only sealed files are taken: one that can shrink under a mapping kills the reader with SIGBUS.
 * A read-only mapping shows itself as a read-only buffer, because a write through it would kill the
 * JVM with SIGSEGV.
 *
 * <p>{@link #unmap()} may be called once and only when no thread can still be inside; the buffer
 * does not keep the mapping alive.
 */
public final class Mapping {
  private final long address;
  private final long bytes;
  private final ByteBuffer root;
  private final ByteBuffer buffer;

  private Mapping(long address, long bytes, boolean writable) {
    this.address = address;
    this.bytes = bytes;
    this.root = new Pointer(address).getByteBuffer(0, bytes);
    this.buffer = (writable ? root : root.asReadOnlyBuffer()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Maps a whole sealed file.
   *
   * @param atLeastBytes what the file must have
   * @param what names the memory in messages
   * @throws SystemCallException if the kernel refuses
   * @throws IllegalArgumentException if the file is too short or not sealed
   */
  public static Mapping of(Descriptor file, long atLeastBytes, boolean writable, String what)
      throws SystemCallException {
    long bytes = file.fileBytes();
    if (bytes < atLeastBytes || bytes <= 0 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          what
              + ": expected memory of "
              + atLeastBytes
              + " to "
              + Integer.MAX_VALUE
              + " bytes, found "
              + bytes);
    }
    if (!file.sealedAgainstShrinking()) {
      throw new IllegalArgumentException(
          what
              + ": expected memory sealed with F_SEAL_SHRINK, found none; refused, it could vanish under this process");
    }
    int protection = writable ? LibC.PROT_READ | LibC.PROT_WRITE : LibC.PROT_READ;
    long address =
        LibC.mmap(0, bytes, protection, LibC.MAP_SHARED | LibC.MAP_POPULATE, file.number(), 0);
    if (address == -1) {
      throw new SystemCallException("mmap of " + bytes + " bytes for " + what);
    }
    // Plain text and keys pass through here: keep them out of core dumps and of children. Refusal
    // by an old kernel
    // costs secrecy of a dump only, so it does not stop the client.
    LibC.madvise(address, bytes, LibC.MADV_DONTDUMP);
    LibC.madvise(address, bytes, LibC.MADV_DONTFORK);
    return new Mapping(address, bytes, writable);
  }

  public long address() {
    return address;
  }

  public int bytes() {
    return (int) bytes;
  }

  /** What every slice and duplicate of {@link #buffer()} keeps reachable. */
  ByteBuffer root() {
    return root;
  }

  /** The whole mapping, little-endian; duplicates of it must be set to little-endian again. */
  public ByteBuffer buffer() {
    return buffer;
  }

  public void unmap() {
    unmap(address, bytes);
  }

  static void unmap(long address, long bytes) {
    LibC.munmap(address, bytes);
  }
}
