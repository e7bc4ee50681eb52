// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;

/**
 * One segment. INPUT is written by the client and read by the worker, OUTPUT the other way round;
 * the reading side gets a read-only descriptor.
 *
 * <p>All pages are allocated when it is made and the size is sealed, so that no touch of it, by
 * anybody, can be a SIGBUS. Control thread only, but for the immutable facts.
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
  private final int fd;

  private Segment(
      long session, int index, int generation, int direction, long bytes, int descriptor) {
    this.session = session;
    this.index = index;
    this.generation = generation;
    this.direction = direction;
    this.bytes = bytes;
    this.fd = descriptor;
  }

  /** Makes a segment of whole pages; the caller has asked its budget for {@code bytes}. */
  public static Segment create(long session, int index, int generation, int direction, long bytes)
      throws OsException {
    String name = "berth-segment-" + session + "-" + index;
    int fd =
        OsException.check(
            "memfd_create(" + name + ")",
            Memory.memfdCreate(name, Memory.MFD_CLOEXEC | Memory.MFD_ALLOW_SEALING));
    try {
      OsException.check("fchmod(" + name + ")", Memory.changeMode(fd, OWNER_ONLY));
      OsException.check("fallocate(" + name + ", " + bytes + ")", Memory.allocate(fd, 0, bytes));
      OsException.check(
          "fcntl(F_ADD_SEALS, " + name + ")",
          Memory.addSeals(fd, Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_SEAL));
      return new Segment(session, index, generation, direction, bytes, fd);
    } catch (OsException e) {
      Descriptors.close(fd);
      throw e;
    }
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

  private int writable() throws OsException {
    return OsException.check("dup", Descriptors.duplicate(fd));
  }

  private int readOnly() throws OsException {
    return OsException.check("open(segment, O_RDONLY)", Memory.reopenReadOnly(fd));
  }

  @Override
  public void close() {
    Descriptors.close(fd);
  }
}
