// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.OutstandingMemory;

/**
 * One segment. INPUT is written by the client and read by the worker, OUTPUT the other way round;
 * the reading side gets a read-only descriptor.
 *
 * <p>All pages are allocated before anybody gets it and the size is sealed, so that no touch of it,
 * by anybody, can be a SIGBUS. Allocating and giving back 128 MB takes a hundred milliseconds:
 * whoever must not be held up for that long does it in pieces. Control thread only, but for the
 * immutable facts.
 */
public final class Segment implements AutoCloseable {
  public static final int INPUT = 1;
  public static final int OUTPUT = 2;

  private static final int OWNER_ONLY = 0600;

  private final long session;
  private final int index;
  private final int generation;
  private final int direction;
  private final long bytes;
  private int fd;
  private long allocatedBytes;
  private long discardedBytes;

  private Segment(
      long session, int index, int generation, int direction, long bytes, int descriptor) {
    this.session = session;
    this.index = index;
    this.generation = generation;
    this.direction = direction;
    this.bytes = bytes;
    this.fd = descriptor;
  }

  /**
   * Begins a segment of whole pages, without any yet: {@link #allocateMore} makes it whole. The
   * caller has asked its budget for {@code bytes}.
   */
  public static Segment begin(long session, int index, int generation, int direction, long bytes)
      throws OsException {
    String name = "berth-segment-" + session + "-" + index;
    int fd =
        OsException.check(
            "memfd_create(" + name + ")",
            Memory.memfdCreate(name, Memory.MFD_CLOEXEC | Memory.MFD_ALLOW_SEALING));
    Segment segment = new Segment(session, index, generation, direction, bytes, fd);
    try {
      OsException.check("fchmod(" + segment + ")", Memory.changeMode(fd, OWNER_ONLY));
      return segment;
    } catch (OsException e) {
      segment.close();
      throw e;
    }
  }

  /** Makes a whole segment at once. */
  public static Segment create(long session, int index, int generation, int direction, long bytes)
      throws OsException {
    Segment segment = begin(session, index, generation, direction, bytes);
    try {
      segment.allocateMore(bytes);
      return segment;
    } catch (OsException e) {
      segment.close();
      throw e;
    }
  }

  /**
   * Allocates at most so many bytes more, and seals the segment with the last of them.
   *
   * @return whether it is whole
   */
  public boolean allocateMore(long maxBytes) throws OsException {
    long step = Math.min(maxBytes, bytes - allocatedBytes);
    OsException.check(
        "fallocate(" + this + ", " + bytes + ")", Memory.allocate(fd, allocatedBytes, step));
    allocatedBytes += step;
    if (allocatedBytes < bytes) {
      return false;
    }
    OsException.check(
        "fcntl(F_ADD_SEALS, " + this + ")",
        Memory.addSeals(fd, Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_SEAL));
    return true;
  }

  /**
   * Gives at most so many bytes more back to the kernel, whoever has them mapped: there they read
   * as zeros, and what is touched later is charged to whoever touches it.
   *
   * @return whether all are given back
   */
  public boolean discardMore(long maxBytes) throws OsException {
    long step = Math.min(maxBytes, bytes - discardedBytes);
    OsException.check(
        "fallocate(" + this + ", FALLOC_FL_PUNCH_HOLE)",
        Memory.punchHole(fd, discardedBytes, step));
    discardedBytes += step;
    return discardedBytes == bytes;
  }

  /** Whether these are whole pages of it. */
  public boolean contains(long untrustedOffset, long untrustedBytes) {
    return untrustedOffset >= 0
        && untrustedBytes > 0
        && untrustedOffset <= bytes
        && untrustedBytes <= bytes - untrustedOffset
        && Memory.roundUpToPages(untrustedOffset) == untrustedOffset
        && Memory.roundUpToPages(untrustedBytes) == untrustedBytes;
  }

  /** Overwrites whole pages with zeros. They are not given back: no touch may become a SIGBUS. */
  public void wipe(long offset, long length) throws OsException {
    long address =
        OsException.check(
            "mmap(" + this + ", " + length + ")",
            Memory.map(fd, offset, length, Memory.PROT_READ | Memory.PROT_WRITE, true));
    Memory.wipe(address, length);
    OsException.check("munmap(" + this + ")", Memory.unmap(address, length));
  }

  public long session() {
    return session;
  }

  public int index() {
    return index;
  }

  public int generation() {
    return generation;
  }

  public int direction() {
    return direction;
  }

  public long bytes() {
    return bytes;
  }

  /** A descriptor for the client; the caller closes it once it is sent. */
  public int clientsDescriptor() throws OsException {
    return direction == INPUT ? writable() : readOnly();
  }

  /** A descriptor for the worker; the caller closes it once it is sent. */
  public int workersDescriptor() throws OsException {
    return direction == INPUT ? readOnly() : writable();
  }

  /** No duplicate: a peer's hold could not be told from our own then. */
  private int writable() throws OsException {
    return OsException.check("open(segment, O_RDWR)", Memory.reopenReadWrite(fd));
  }

  private int readOnly() throws OsException {
    return OsException.check("open(segment, O_RDONLY)", Memory.reopenReadOnly(fd));
  }

  /** Closes it here, and tells whether peers still hold it. */
  public OutstandingMemory leave() {
    OutstandingMemory left = new OutstandingMemory(fd);
    fd = -1;
    return left;
  }

  /** Its number is somebody else's afterwards, so it is forgotten. */
  @Override
  public void close() {
    if (fd >= 0) {
      Descriptors.close(fd);
      fd = -1;
    }
  }

  @Override
  public String toString() {
    return "segment " + index + " of session " + session;
  }
}
