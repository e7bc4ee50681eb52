// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

/**
 * A memory file that this process is done with and peers may still hold, by a descriptor, a mapping
 * or a message under way. As long as one does, its pages exist, and are charged to the control
 * group of the process that allocated them: whoever counts memory goes on counting this.
 *
 * <p>Takes one descriptor. Belongs to one thread at a time.
 */
public final class OutstandingMemory implements AutoCloseable {
  private int fd;
  private boolean isReopened;

  /**
   * Takes the descriptor that memfd_create gave. Peers must have been given others, made by {@link
   * Memory#reopenReadOnly} or {@link Memory#reopenReadWrite}: the kernel counts only those.
   */
  public OutstandingMemory(int descriptor) {
    this.fd = descriptor;
  }

  /**
   * Whether somebody else holds it. Where the kernel does not tell, because leases are switched off
   * (fs.leases-enable), nobody is said to.
   */
  public boolean isHeld() {
    if (!isReopened) {
      int readOnly = Memory.reopenReadOnly(fd);
      if (readOnly < 0) {
        return true; // No descriptor is free now. It is asked again.
      }
      // Kernels before 5.4 count the creating description, too.
      Descriptors.close(fd);
      fd = readOnly;
      isReopened = true;
    }
    return Memory.isOpenElsewhere(fd) > 0;
  }

  @Override
  public void close() {
    if (fd >= 0) {
      Descriptors.close(fd);
      fd = -1;
    }
  }
}
