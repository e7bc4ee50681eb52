// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

/**
 * Shared memory that no peer can resize: a memory file of mode 0600, all of its pages allocated,
 * mapped here for reading and writing, kept out of core dumps, sealed against shrinking, growing
 * and further seals.
 *
 * <p>Without the seals a peer's ftruncate would bring this process down with SIGBUS at its next
 * touch; without the allocation a full tmpfs would; without the mode (a memory file is born 0777)
 * another uid could reopen a read-only descriptor for writing.
 *
 * <p>Belongs to one thread at a time. After {@link #close} the address is dead.
 */
public final class SealedMemory implements AutoCloseable {
  private static final int OWNER_ONLY = 0600;

  private final String name;
  private final int fd;
  private final long address;
  private final long bytes;
  private final boolean onlyCreatorWrites;
  private boolean closed;

  private SealedMemory(String name, int fd, long address, long bytes, boolean onlyCreatorWrites) {
    this.name = name;
    this.fd = fd;
    this.address = address;
    this.bytes = bytes;
    this.onlyCreatorWrites = onlyCreatorWrites;
  }

  /** Memory which a peer may be given for writing. {@code bytes} is rounded up to whole pages. */
  public static SealedMemory create(String name, long bytes) throws OsException {
    return create(name, bytes, false);
  }

  /**
   * Memory which only this mapping writes. Where the kernel can (5.1 and later) the file is sealed
   * against any further writable mapping, also by a process of the same uid; {@link
   * #isSealedAgainstForeignWrites} tells. Give peers the {@link #readOnlyDescriptor} in any case.
   */
  public static SealedMemory createForOneWriter(String name, long bytes) throws OsException {
    return create(name, bytes, true);
  }

  private static SealedMemory create(String name, long bytes, boolean oneWriter)
      throws OsException {
    if (bytes <= 0) {
      throw new IllegalArgumentException(name + ": " + bytes + " bytes of memory asked for");
    }
    long size = Memory.roundUpToPages(bytes);
    int fd =
        OsException.check(
            "memfd_create(" + name + ")",
            Memory.memfdCreate(name, Memory.MFD_CLOEXEC | Memory.MFD_ALLOW_SEALING));
    long address = 0;
    try {
      OsException.check("fchmod(" + name + ")", Memory.changeMode(fd, OWNER_ONLY));
      OsException.check("fallocate(" + name + ", " + size + ")", Memory.allocate(fd, 0, size));
      address =
          OsException.check(
              "mmap(" + name + ", " + size + ")",
              Memory.map(fd, 0, size, Memory.PROT_READ | Memory.PROT_WRITE, true));
      OsException.check(
          "madvise(" + name + ", MADV_DONTDUMP)",
          Memory.advise(address, size, Memory.MADV_DONTDUMP));
      // After the mapping, which the seal would refuse; before F_SEAL_SEAL, which ends all sealing.
      boolean futureWrites = oneWriter && sealFutureWrites(name, fd);
      OsException.check(
          "fcntl(F_ADD_SEALS, " + name + ")",
          Memory.addSeals(fd, Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_SEAL));
      SealedMemory memory = new SealedMemory(name, fd, address, size, futureWrites);
      address = 0;
      return memory;
    } catch (OsException e) {
      if (address != 0) {
        Memory.unmap(address, size);
      }
      Descriptors.close(fd);
      throw e;
    }
  }

  private static boolean sealFutureWrites(String name, int fd) throws OsException {
    int result = Memory.addSeals(fd, Memory.F_SEAL_FUTURE_WRITE);
    if (result == -Errno.EINVAL) {
      return false; // A kernel before 5.1.
    }
    OsException.check("fcntl(F_ADD_SEALS, F_SEAL_FUTURE_WRITE, " + name + ")", result);
    return true;
  }

  public String name() {
    return name;
  }

  /** The read-write descriptor, owned by this object. */
  public int descriptor() {
    return fd;
  }

  /**
   * A new read-only descriptor of the same memory, for a peer. The caller owns it and closes it
   * when it is sent.
   */
  public int readOnlyDescriptor() throws OsException {
    return OsException.check("open(" + name + ", O_RDONLY)", Memory.reopenReadOnly(fd));
  }

  /** Where the memory is mapped here, for reading and writing. */
  public long address() {
    return address;
  }

  /** The size: what was asked for, rounded up to whole pages. */
  public long bytes() {
    return bytes;
  }

  /** Whether nobody can make a further writable mapping of it. */
  public boolean isSealedAgainstForeignWrites() {
    return onlyCreatorWrites;
  }

  /** Overwrites everything with zeros. */
  public void wipe() {
    wipeFrom(0);
  }

  /** Overwrites everything with zeros, but for the first {@code offset} bytes. */
  public void wipeFrom(long offset) {
    requireOpen();
    if (offset < 0 || offset > bytes) {
      throw new IllegalArgumentException(name + ": offset " + offset + " of " + bytes + " bytes");
    }
    Memory.wipe(address + offset, bytes - offset);
  }

  /**
   * Gives all pages back to the kernel, also under the eyes of a peer that keeps its mapping: it
   * sees zeros, and pays for what it touches from then on. Where this fails the content is wiped
   * instead, and the pages stay with whoever holds the file.
   *
   * @throws OsException above all for memory of {@link #createForOneWriter}, whose seal forbids it
   */
  public void discard() throws OsException {
    requireOpen();
    int result = Memory.punchHole(fd, 0, bytes);
    if (result < 0) {
      wipe();
      throw new OsException("fallocate(" + name + ", FALLOC_FL_PUNCH_HOLE)", -result);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(name + " is closed");
    }
  }

  /**
   * Closes this side's mapping and keeps an eye on who else holds the memory. Only sees peers that
   * were given {@link #readOnlyDescriptor}s.
   */
  public OutstandingMemory leave() {
    requireOpen();
    closed = true;
    Memory.unmap(address, bytes);
    return new OutstandingMemory(fd);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Memory.unmap(address, bytes);
      Descriptors.close(fd);
    }
  }

  @Override
  public String toString() {
    return name + " (" + bytes + " bytes, descriptor " + fd + (closed ? ", closed)" : ")");
  }
}
