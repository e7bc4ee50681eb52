// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Which file stands under a name, as opposed to what it is called: device and inode. It says so
 * only while the file is kept from going, by a name or an open descriptor; after that its number
 * may be another file's.
 *
 * @param key equal for one and the same file
 */
public record FileIdentity(Object key) {
  /** Of what stands there itself, not of what a symbolic link points to; empty if nothing does. */
  public static Optional<FileIdentity> of(Path path) throws IOException {
    try {
      return Optional.of(
          new FileIdentity(
              Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                  .fileKey()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
