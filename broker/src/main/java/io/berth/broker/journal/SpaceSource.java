// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Gives a file real blocks. */
@FunctionalInterface
interface SpaceSource {
  /**
   * Makes the bytes from {@code from} to {@code to} exist, zero, and backed by storage.
   *
   * @throws IOException when there is no space; the file may then be partly extended
   */
  void extend(FileChannel file, long from, long to) throws IOException;

  /**
   * Writes zeros. A file that is merely made longer is sparse, and the first store through a
   * mapping of it on a full disk is a SIGBUS, which ends the JVM; a write that finds no space is an
   * error that can be handled. Written zeros need no system call that only some file systems have.
   * Where blocks are copied on write (btrfs, ZFS) or zeros are compressed away, written zeros
   * reserve nothing: the journal belongs on a file system that writes in place (ext4, XFS, tmpfs),
   * or under chattr +C.
   */
  SpaceSource WRITTEN_ZEROS =
      (file, from, to) -> {
        ByteBuffer zeros = ByteBuffer.allocate(64 * 1024);
        for (long at = from; at < to; ) {
          zeros.clear().limit((int) Math.min(zeros.capacity(), to - at));
          at += file.write(zeros, at);
        }
      };
}
