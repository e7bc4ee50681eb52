// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Memory files and mappings.
 *
 * <p>Results are the value or the negated errno. An address is valid until it is unmapped; touching
 * it later, also through a {@link #view}, crashes the JVM.
 */
public final class Memory {
  public static final int MFD_CLOEXEC = 1;
  public static final int MFD_ALLOW_SEALING = 2;

  public static final int F_SEAL_SEAL = 1;
  public static final int F_SEAL_SHRINK = 2;
  public static final int F_SEAL_GROW = 4;
  public static final int F_SEAL_WRITE = 8;

  /** Kernel 5.1 and later. */
  public static final int F_SEAL_FUTURE_WRITE = 16;

  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;

  public static final int MADV_DONTFORK = 10;
  public static final int MADV_DONTDUMP = 16;

  static {
    OsLibrary.load();
  }

  private static final int PAGE_BYTES = pageBytes0();

  private Memory() {}

  /** The size of a memory page on this machine: 4, 16 or 64 KiB. */
  public static int pageBytes() {
    return PAGE_BYTES;
  }

  /** {@code bytes} rounded up to whole pages. */
  public static long roundUpToPages(long bytes) {
    return Math.addExact(bytes, PAGE_BYTES - 1L) & -PAGE_BYTES;
  }

  /**
   * Makes an anonymous file in memory, never executable where the kernel can promise that (6.3).
   *
   * @param name shown in /proc, of no other meaning
   * @param flags {@link #MFD_CLOEXEC}, {@link #MFD_ALLOW_SEALING}
   * @return the descriptor
   */
  public static int memfdCreate(String name, int flags) {
    return memfdCreate0(name.getBytes(StandardCharsets.UTF_8), flags);
  }

  private static native int memfdCreate0(byte[] name, int flags);

  public static native int addSeals(int fd, int seals);

  /** The seals that are set. */
  public static native int seals(int fd);

  /** ftruncate. */
  public static native int truncate(int fd, long bytes);

  /**
   * Makes the pages of a range exist (fallocate), so that touching them later cannot fail. Beyond a
   * cgroup's memory limit this is a SIGKILL and not an error: budget first.
   */
  public static native int allocate(int fd, long offset, long bytes);

  /**
   * Gives a range's pages back to the kernel; it reads as zeros afterwards, through every mapping,
   * and the size stays. Pages that somebody touches there later are charged to him.
   *
   * @return 0, or -EPERM for a file that is sealed against writing, also against future writing
   */
  public static native int punchHole(int fd, long offset, long bytes);

  /** fchmod. */
  public static native int changeMode(int fd, int mode);

  /** The file's size in bytes. */
  public static native long size(int fd);

  /**
   * Maps a range of a file, shared.
   *
   * @param protection {@link #PROT_READ}, {@link #PROT_WRITE}
   * @param populate fault all pages in now rather than at first touch
   * @return the address
   */
  public static native long map(int fd, long offset, long bytes, int protection, boolean populate);

  public static native int unmap(long address, long bytes);

  /** madvise with {@link #MADV_DONTDUMP}, {@link #MADV_DONTFORK} or another advice. */
  public static native int advise(long address, long bytes, int advice);

  /**
   * Opens the file behind a descriptor once more, for reading only. The result is a separate open
   * file description: its holder cannot map it writable, nor, as another uid, reopen it so.
   */
  public static native int reopenReadOnly(int fd);

  /**
   * Opens the file behind a descriptor once more, for reading and writing: unlike a duplicate, a
   * separate open file description, which {@link #isOpenElsewhere} sees.
   */
  public static native int reopenReadWrite(int fd);

  /**
   * Whether anybody has the file open by another open file description than {@code fd}: through a
   * descriptor, a mapping, or a message that nobody has received. The description that memfd_create
   * made is not seen. Takes a lease for a moment, which is what the kernel refuses then.
   *
   * @param fd of {@link #reopenReadOnly}
   * @return 1 or 0, or the negated errno where leases are switched off (fs.leases-enable)
   */
  public static native int isOpenElsewhere(int fd);

  /** Overwrites with zeros in a way that no compiler removes. */
  public static native void wipe(long address, long bytes);

  /**
   * A buffer in native byte order over mapped memory. It does not keep the mapping alive.
   *
   * @param bytes at most {@link Integer#MAX_VALUE}
   */
  public static ByteBuffer view(long address, long bytes) {
    if (address == 0 || bytes < 0 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("no view of " + bytes + " bytes at " + address);
    }
    return view0(address, bytes).order(ByteOrder.nativeOrder());
  }

  private static native ByteBuffer view0(long address, long bytes);

  /** The address of a direct buffer's first byte (position 0). */
  public static long addressOf(ByteBuffer direct) {
    if (!direct.isDirect()) {
      throw new IllegalArgumentException("a buffer on the heap has no address");
    }
    return addressOf0(direct);
  }

  private static native long addressOf0(ByteBuffer direct);

  private static native int pageBytes0();
}
